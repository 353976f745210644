"""ONNX Runtime sessions over models that the engine finds as data."""
