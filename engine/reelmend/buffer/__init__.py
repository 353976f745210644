"""The sliding temporal buffer: content-addressed memory, windows, scene cuts. Pure logic: no ONNX Runtime, no gRPC."""
