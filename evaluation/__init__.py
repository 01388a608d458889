"""How good are the answers? Labelled questions, how they are counted, runs, the calibration of silence.

Stands beside the product and is not shipped with it: it may use every stage, and no stage uses it.
"""
