"""Every string of the web page, the two languages side by side."""

from collections.abc import Mapping

from assistant.answer import Language

Words = Mapping[str, str]
"""The page's strings in one language, by name; placeholders stand in braces."""

_PAIRS: dict[str, tuple[str, str]] = {
    # The page
    "title": ("PyTorch or TensorFlow?", "PyTorch 还是 TensorFlow？"),
    "as_of": ("as of 2022", "截至 2022 年"),
    "language": ("Language", "语言"),
    "theme": ("Light or dark", "浅色或深色"),
    "chat": ("Chat", "对话"),
    "article": ("Article", "文章"),
    "flowcharts": ("Flowcharts", "流程图"),
    "panels": ("Article and flowcharts", "文章与流程图"),
    "loading": (
        "The language model is being loaded, which takes a few seconds. You can ask already.",
        "正在加载语言模型，需要几秒钟。现在就可以提问。",
    ),
    "offline": (
        "The server cannot be reached. The page goes on by itself as soon as it is back.",
        "无法连接服务器。恢复后页面会自动继续。",
    ),
    "failed": (
        "Something went wrong here; the server's log has the cause.",
        "出错了，原因见服务器日志。",
    ),
    "unkept": ("Conversations are not kept for now:", "对话无法保存："),
    # First screen
    "welcome": ("Ask the article", "向文章提问"),
    "subtitle": (
        "Answers come from one article, PyTorch vs TensorFlow in 2022. Every sentence shows the sentence of "
        "the article it rests on; every recommendation follows the article's own flowcharts.",
        "回答只依据一篇文章：《PyTorch vs TensorFlow in 2022》。"
        "每句话都注明文章里的原句，每条建议都出自文章自己的流程图。",
    ),
    "limits": (
        "It speaks for the article of 2022, and says so where the article gives no answer.",
        "它只代表 2022 年的这篇文章；文章没有回答的问题，它会直接说明。",
    ),
    "examples": ("For example", "比如"),
    # Question box
    "ask": ("Ask", "提问"),
    "placeholder": ("Ask about the article", "就这篇文章提问"),
    # An answer in the making
    "asked": ("You asked", "你问"),
    "answered": ("Answer", "回答"),
    "searching": ("Looking in the article …", "正在查找文章……"),
    "found": ("Found in the article", "文章里找到的内容"),
    "reading": ("Reading what was found …", "正在阅读找到的内容……"),
    "waiting": ("Waiting: the question before is being answered.", "排队中：正在回答前一个问题。"),
    "queued": ("Waiting: other visitors are being answered.", "排队中：正在回答其他访客。"),
    "writing": ("Writing …", "正在作答……"),
    "stopped": ("Stopped by you.", "已由你停止。"),
    "interrupted": (
        "This answer was interrupted before it was whole.",
        "这个回答还没完成就中断了。",
    ),
    "again": ("Ask again", "再问一次"),
    # An answer
    "understood": ("Understood as: {text}", "理解为：{text}"),
    "citation": ("Source {number}: {section}", "出处 {number}：{section}"),
    "nearest": ("What comes nearest in the article", "文章里最接近的内容"),
    "facts": ("Understood", "已了解"),
    "correct": ("correct", "更正"),
    "unknown": ("not said", "未说明"),
    "reader": ("Reader", "读者"),
    "corrected": ("Correction: {facts}", "更正：{facts}"),
    "sources": ("Sources", "出处"),
    "also_read": ("Also read, not cited ({count})", "读过但未引用（{count}）"),
    "show": ("Show in the article", "在文章中查看"),
    "zh": ("Chinese original", "中文原文"),
    "en": ("English edition", "英文译文"),
    "checks": ("Checks", "核对"),
    "checks_intro": (
        "Each sentence was checked against its source before it was shown.",
        "每句话在显示之前都与出处核对过。",
    ),
    "quoted": ("Quoted", "原文"),
    "quoted_why": ("Word for word from the article.", "与文章一字不差。"),
    "supported": ("Supported", "有据"),
    "supported_why": (
        "Names, numbers, negation and comparison agree with the cited sentence.",
        "名称、数字、否定和比较都与所引的句子一致。",
    ),
    "rule": ("Rule", "规则"),
    "rule_why": (
        "What the article's flowchart says for this situation, proven against its text.",
        "文章的流程图对这种情况的结论，已与原文核对证明。",
    ),
    "path": ("Flowchart", "流程图"),
    "path_intro": ("The way to this advice", "得出这条建议的路径"),
    "walk": ("Walk it yourself", "自己走一遍"),
    "copy_it": ("Copy", "复制"),
    "copied": ("Copied with its sources", "已连同出处复制"),
    "uncopied": ("The browser does not allow copying here.", "浏览器不允许在此复制。"),
    "like": ("Good answer", "回答得好"),
    "dislike": ("Bad answer", "回答得不好"),
    "reason": ("What is wrong with it? (optional)", "哪里不好？（可不填）"),
    "praise": ("What was good about it? (optional)", "好在哪里？（可不填）"),
    "send": ("Send", "发送"),
    "thanks": ("Thank you, noted.", "谢谢，已记下。"),
    "made_by": ("{model} · {seconds} s", "{model} · {seconds} 秒"),
    "extractive": ("quoted without a model", "未用模型，直接引用"),
    # Conversations
    "conversations": ("Conversations", "对话记录"),
    "new": ("New chat", "新对话"),
    "find": ("Search conversations", "搜索对话"),
    "none_found": ("Nothing found.", "没有找到。"),
    "none_yet": ("Your conversations will be kept here.", "你的对话会保存在这里。"),
    "more": ("More: {title}", "更多：{title}"),
    "name": ("Title", "标题"),
    "rename": ("Rename", "重命名"),
    "export_markdown": ("Export as Markdown", "导出为 Markdown"),
    "export_json": ("Export as JSON", "导出为 JSON"),
    "delete": ("Delete", "删除"),
    "delete_really": ("Really delete", "确认删除"),
    "private": (
        "Kept on this server, shown to this browser alone.",
        "保存在本服务器上，只对这个浏览器可见。",
    ),
    # The article
    "contents": ("Contents", "目录"),
    "edition": ("Edition", "版本"),
    "both": ("Both", "对照"),
    "editions_note": (
        "The English edition is this project's translation. Point at a sentence to see it in the other.",
        "英文版由本项目翻译。指向一句话，可以看到它在另一版本中的位置。",
    ),
    # The flowcharts
    "charts_intro": (
        "The article's six flowcharts, rebuilt from its sentences. Answer the questions to reach the advice.",
        "根据文章的句子重建的六张流程图。回答问题，得到建议。",
    ),
    "choose": ("Choose", "选择"),
    "stick": ("Stick with", "坚持使用"),
    "consider": ("Consider", "可以考虑"),
    "either": ("Either", "都可以"),
    "or": ("or", "或"),
    "restart": ("Start again", "重新开始"),
    "says": ("What the article says", "文章怎么说"),
}

EXAMPLES: dict[Language, tuple[tuple[str, str], ...]] = {
    "en": (
        ("Fact", "Why do most papers use PyTorch?"),
        ("Definition", "What is TensorFlow Lite for?"),
        ("Comparison", "Which framework has more models on HuggingFace, and by how much?"),
        ("Advice", "I teach deep learning at a university. Which framework should my course use?"),
        ("Advice", "We are building an IoT sensor at my company. Which framework?"),
        ("Not in the article", "How much does TensorFlow cost per month?"),
    ),
    "zh": (
        ("事实", "为什么大多数论文使用 PyTorch？"),
        ("定义", "TensorFlow Lite 是做什么用的？"),
        ("比较", "HuggingFace 上哪个框架的模型更多，多多少？"),
        ("建议", "我在大学教深度学习，课程该用哪个框架？"),
        ("建议", "公司要做一个物联网传感器，用哪个框架？"),
        ("文章没有说的", "TensorFlow 每月收费多少？"),
    ),
}
"""(kind, question): one of each kind of question, in the page's language."""

STRINGS: dict[Language, Words] = {
    "en": {name: en for name, (en, _) in _PAIRS.items()},
    "zh": {name: zh for name, (_, zh) in _PAIRS.items()},
}


def strings(language: Language | None) -> Words:
    """The strings of one language; English until it is known."""
    return STRINGS[language or "en"]
