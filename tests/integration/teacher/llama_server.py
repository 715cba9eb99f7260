"""A program with the options of llama.cpp's llama-server, over the engine xllamacpp."""

import argparse
import os
import threading

import xllamacpp


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", required=True)
    parser.add_argument("--host", required=True)
    for name in ("--port", "--parallel", "--ctx-size", "--threads", "--threads-batch"):
        parser.add_argument(name, type=int, required=True)
    parser.add_argument("--jinja", action="store_true", required=True)
    options = parser.parse_args()
    parameters = xllamacpp.CommonParams()
    parameters.model.path, parameters.port = options.model, options.port
    parameters.hostnames, parameters.api_keys = [options.host], [os.environ["LLAMA_API_KEY"]]
    parameters.n_parallel, parameters.n_ctx = options.parallel, options.ctx_size
    parameters.cpuparams.n_threads = options.threads
    parameters.cpuparams_batch.n_threads = options.threads_batch
    parameters.verbosity = 1
    server = xllamacpp.Server(parameters)
    print("listening on", server.listening_address, flush=True)
    threading.Event().wait()


if __name__ == "__main__":
    main()
