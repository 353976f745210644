"""The models once more, in plain numpy and without torch or ONNX Runtime: to be read, and to be held against."""
