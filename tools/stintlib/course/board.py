# SPDX-License-Identifier: MIT
"""A scoreboard: numbers by which submissions are compared with each other, and with what is known. They are no points.
A test makes one: `trial.board = Board("mine", [Score(...), ...])`."""
from dataclasses import dataclass

from stintlib.rows import show_number
from stintlib.text import table


@dataclass(frozen=True)
class Score:
    """values: {who: number}. less: the less the better."""
    what: str
    unit: str
    values: dict
    less: bool = True

    @property
    def title(self):
        return f"{self.what}, {self.unit}"

    def place(self, who):
        """From 1 on."""
        own = self.values[who]
        return 1 + sum(other < own if self.less else other > own for other in self.values.values())


@dataclass(frozen=True)
class Board:
    """own: whose the submission's values are. note: a sentence below."""
    own: str
    scores: list
    note: str = ""

    def lines(self):
        names = list(self.scores[0].values)
        rows = [[name, *(show_number(score.values[name]) for score in self.scores)] for name in names]
        places = [f"{score.place(self.own)} of {len(names)}" for score in self.scores]
        lines = table(["", *(score.title for score in self.scores)], [*rows, [f"{self.own} is", *places]])
        return [*lines, self.note] if self.note else lines

    def leaders(self):
        """As Gradescope's leaderboard has it."""
        return [{"name": score.title, "value": round(score.values[self.own], 3),
                 "order": "asc" if score.less else "desc"} for score in self.scores]

    def as_data(self):
        scores = [{"what": score.what, "unit": score.unit, "values": score.values, "less_is_better": score.less}
                  for score in self.scores]
        return {"own": self.own, "note": self.note, "scores": scores}
