"""From torch to what the engine loads: ONNX graphs, a parity case and a manifest."""
