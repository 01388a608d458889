"""The flowcharts, the proof that they agree with the text, and the verdict for a reader's situation."""
