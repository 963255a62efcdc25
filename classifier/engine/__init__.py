"""What category is this? Pure: numpy, onnxruntime, tokenizers; no Django, no torch."""
