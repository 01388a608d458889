"""The web chat's door: a Gradio page over the engine."""
