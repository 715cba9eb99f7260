"""A service as one writes it in ten minutes: FastAPI around transformers' pipeline.

VERMEIL_MODEL=vermeil-run/model uvicorn --app-dir benchmarks naive_app:app
"""

import os

from fastapi import FastAPI
from pydantic import BaseModel
from transformers import pipeline

app = FastAPI()
tagger = pipeline(
    "token-classification",
    os.environ["VERMEIL_MODEL"],
    aggregation_strategy="first",
    device="cpu",
    trust_remote_code=False,
)


class Question(BaseModel):
    text: str


class Found(BaseModel):
    start: int
    end: int
    label: str
    score: float


@app.post("/v1/predict")
def predict(question: Question) -> list[Found]:
    return [
        Found(start=s["start"], end=s["end"], label=s["entity_group"], score=s["score"])
        for s in tagger(question.text)
    ]
