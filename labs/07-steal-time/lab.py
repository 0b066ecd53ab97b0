# SPDX-License-Identifier: MIT
TITLE = "steal time"
FILES = ["sbi/sta.c"]
SHOW = "thief"
