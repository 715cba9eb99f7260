"""The network: encoder, head, device, and export to ONNX."""
