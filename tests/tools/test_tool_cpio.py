# SPDX-License-Identifier: MIT
from stintlib.cpio import archive

ENTRIES = [("scenario", b"time = 1s\n"), ("guest/hog", bytes(range(256)) * 5), ("initrd/odd name", b"x"),
           ("empty", b"")]


def test_every_part_is_aligned_and_found():
    data = archive(ENTRIES)
    offset, found = 0, []
    while True:
        assert offset % 4 == 0 and data[offset:offset + 6] == b"070701"
        fields = [int(data[offset + 6 + 8 * n:offset + 14 + 8 * n], 16) for n in range(13)]
        size, name_size = fields[6], fields[11]
        name = data[offset + 110:offset + 110 + name_size - 1].decode()
        begin = (offset + 110 + name_size + 3) // 4 * 4
        if name == "TRAILER!!!":
            break
        found.append((name, data[begin:begin + size]))
        offset = (begin + size + 3) // 4 * 4
    assert found == ENTRIES


def test_same_bytes_each_time():
    assert archive(ENTRIES) == archive(list(ENTRIES))
