"""The web door: a chat page over the engine, mounted beside the API in one application."""

import os
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

# Read by Gradio and the hub client when they are imported: nothing may leave this machine.
os.environ.update(GRADIO_ANALYTICS_ENABLED="False", HF_HUB_OFFLINE="1", HF_HUB_DISABLE_TELEMETRY="1")

import gradio as gr
from fastapi import FastAPI

from assistant.answer import Language
from assistant.api.routes import MAX_QUESTION
from assistant.serving.gate import AllowList
from assistant.serving.standby import Standby
from assistant.web import rendering
from assistant.web.conversation import Conversation, converse
from assistant.web.strings import STRINGS, strings
from corpus.errors import AssistantError

ROUTES = frozenset(
    {
        ("GET", "/"),
        ("GET", "/config"),
        ("GET", "/favicon.ico"),
        ("GET", "/theme.css"),
        ("GET", "/assets/*"),
        ("GET", "/static/*"),
        ("GET", "/gradio_api/heartbeat/*"),
        ("GET", "/gradio_api/queue/data"),
        ("POST", "/gradio_api/queue/join"),
        ("POST", "/gradio_api/cancel"),
        ("POST", "/gradio_api/reset"),
        ("GET", "/gradio_api/startup-events"),
    }
)
"""The routes of Gradio that a chat page uses; all others stay closed."""

CONCURRENT_ANSWERS = 4
HERE = Path(__file__).parent

THEME = gr.themes.Base(
    primary_hue="teal",
    neutral_hue="stone",
    radius_size="md",
    font=["system-ui", "Noto Sans CJK SC", "Microsoft YaHei", "sans-serif"],
    font_mono=["ui-monospace", "monospace"],
)


def mount(app: FastAPI, standby: Standby) -> FastAPI:
    """Serve the page at / of `app`; routes that `app` already has go first."""
    gr.mount_gradio_app(
        app,
        create_page(standby),
        path="/",
        theme=THEME,
        head=f"<style>{(HERE / 'page.css').read_text('utf-8')}</style>",  # `css` would be rewritten
        favicon_path=str(HERE / "favicon.svg"),
        footer_links=[],
        run_history=False,
        enable_monitoring=False,
        show_error=False,
        max_file_size=0,
        ssr_mode=False,
        pwa=False,
        mcp_server=False,
    )
    page = app.routes[-1]
    page.app = AllowList(page.app, ROUTES)  # type: ignore[attr-defined]
    return app


def create_page(standby: Standby) -> gr.Blocks:
    """The page: header with the language switch, chat, question box."""
    words = strings("en")
    with gr.Blocks(title=f"{words.title} · {STRINGS['zh'].title}", fill_height=True) as page:
        conversation = gr.State(Conversation)
        with gr.Row(elem_id="header"):
            header = gr.Markdown(_header("en"), elem_id="title")
            language = gr.Radio(
                [("中文", "zh"), ("English", "en")],
                value=None,  # until the browser's own is known
                show_label=False,
                label="Language · 语言",
                container=False,
                elem_id="language",
            )
        status = gr.Markdown(visible=False, elem_id="status")
        chat = gr.Chatbot(
            elem_id="chat",
            show_label=False,
            label="Chat",
            container=False,
            scale=1,
            height="100%",
            layout="panel",
            buttons=[],
            allow_tags=False,
            latex_delimiters=[],
            feedback_options=None,
            placeholder=_welcome("en"),
            examples=_examples("en"),
        )
        question = gr.Textbox(
            placeholder=words.placeholder,
            label=words.ask,
            show_label=False,
            container=False,
            submit_btn=True,
            max_length=MAX_QUESTION,
            max_lines=6,
            autofocus=True,
            elem_id="question",
        )
        with gr.Row(elem_id="footer"):
            footer = gr.Markdown(_footer("en"))
            new_chat = gr.Button(words.new_chat, size="sm", variant="secondary", elem_id="new-chat", scale=0)

        def take(text: str, talk: Conversation) -> list[Any]:
            """While an answer runs it can be stopped, but no other chat begun."""
            busy = gr.Textbox(value="", submit_btn=False, stop_btn=True)
            return [busy, gr.Button(interactive=False), talk.ask(text)]

        def take_click(talk: Conversation, event: gr.SelectData) -> list[Any]:
            chosen = event.value
            return take(chosen["text"] if isinstance(chosen, dict) else str(chosen), talk)

        def rest(talk: Conversation) -> list[Any]:
            idle = gr.Textbox(submit_btn=True, stop_btn=False)
            return [idle, gr.Button(interactive=True), talk.offer()]

        def on(event: Any, function: Any, inputs: Any, outputs: Any, **more: Any) -> Any:
            """Attach a function to an event of the page, closed to API clients."""
            quiet = {"concurrency_limit": None, "show_progress": "hidden", "api_visibility": "private"}
            return event(function, inputs, outputs, **quiet | more)

        answers = []
        for taken in (
            on(question.submit, take, [question, conversation], [question, new_chat, chat]),
            on(chat.example_select, take_click, conversation, [question, new_chat, chat]),
            on(chat.option_select, take_click, conversation, [question, new_chat, chat]),
        ):
            answers.append(
                on(
                    taken.then,
                    partial(converse, standby),
                    [conversation, language],
                    chat,
                    concurrency_limit=CONCURRENT_ANSWERS,
                    concurrency_id="answers",
                )
            )
            on(answers[-1].then, rest, conversation, [question, new_chat, chat])
        on(question.stop, None, None, None, cancels=answers)
        on(new_chat.click, _start_anew, None, [conversation, chat])
        on(language.change, _relabel, language, [header, chat, question, footer, new_chat])
        on(page.load, _preferred, None, language)
        on(page.load, partial(_until_ready, standby), None, status)
    return page


def _until_ready(standby: Standby) -> Iterator[Any]:
    """Say that the models are loading, then nothing, or what kept them from loading."""
    if standby.opening:
        both = " ".join(words.loading for words in STRINGS.values())
        yield gr.Markdown(rendering.note(both), visible=True)
    try:
        standby.wait()
    except AssistantError as error:
        yield gr.Markdown(rendering.note(str(error)), visible=True)
    else:
        yield gr.Markdown(visible=False)


def _start_anew() -> tuple[Conversation, list[Any]]:
    return Conversation(), []


def _preferred(request: gr.Request) -> Language:
    """The language that the browser asks for first."""
    return "zh" if request.headers.get("accept-language", "").lower().startswith("zh") else "en"


def _relabel(language: Language) -> list[Any]:
    words = strings(language)
    return [
        gr.Markdown(_header(language)),
        gr.Chatbot(placeholder=_welcome(language), examples=_examples(language)),
        gr.Textbox(placeholder=words.placeholder, label=words.ask),
        gr.Markdown(_footer(language)),
        gr.Button(words.new_chat),
    ]


def _header(language: Language) -> str:
    words = strings(language)
    return f'<h1 lang="{language}">{words.title} <span class="as-of">{words.as_of}</span></h1>'


def _welcome(language: Language) -> str:
    return f'<div class="welcome" lang="{language}">{strings(language).subtitle}</div>'


def _footer(language: Language) -> str:
    return f'<p lang="{language}">{strings(language).footer}</p>'


def _examples(language: Language) -> list[dict[str, str]]:
    return [{"text": text} for text in strings(language).examples]
