"""What happens to Gradio's own source when our page imports it."""

import inspect

import gradio as gr
import pytest

from assistant.web.page import Board
from assistant.web.unstubbed import unstubbed


def test_only_gradio_finds_no_source_and_only_in_the_block():
    with unstubbed():
        with pytest.raises(OSError, match="Textbox"):
            inspect.getfile(gr.Textbox)
        assert inspect.getfile(Board).endswith("drawing.py")
    assert inspect.getfile(gr.Textbox).endswith("textbox.py")


def test_what_goes_wrong_in_the_block_does_not_last():
    with pytest.raises(ImportError), unstubbed():
        raise ImportError("no Gradio")
    assert inspect.getfile(gr.Textbox).endswith("textbox.py")
