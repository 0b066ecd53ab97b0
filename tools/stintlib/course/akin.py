# SPDX-License-Identifier: MIT
"""How much of a scheduler is another one under a new name. It is no verdict: it tells people where to look."""
import re

COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.DOTALL)


def akin(text, name, others):
    """Whose code `text` is nearest to, and percent of its pairs of lines that stand there, too. Comments, blanks and
    the scheduler's name do not count. others: {name: text}."""
    own = pairs(text, name)
    parts = {other: 100 * sum(pair in known for pair in own) / max(len(own), 1)
             for other, known in ((other, set(pairs(code, other))) for other, code in others.items())}
    nearest = max(parts, key=parts.get)
    return nearest, parts[nearest]


def pairs(text, name):
    bare = re.sub(rf"\b{name}(?=_|\b)", "own", COMMENT.sub("", text)).replace(f"sched_{name}", "sched_own")
    lines = [" ".join(line.split()) for line in bare.splitlines() if len(line.strip()) > 2]
    return list(zip(lines, lines[1:]))
