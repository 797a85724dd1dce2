"""Everything that can be asked, one file a topic: the types of the questions, and with them what is needed to answer them and what they mean.

A question is a value: it names models, clips and banks by keys, crosses to a worker, and is written to JSON. numpy only, so that a server has it.
"""

from workbench.core.questions.base import About, Key, Question, question, questions
from workbench.core.questions.written import read, written

__all__ = ["About", "Key", "Question", "question", "questions", "read", "written"]
