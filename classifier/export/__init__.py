"""Models to ONNX. Worker only: imports torch and sentence-transformers."""
