"""Lists and registers of offices, brought into the centre: places, branches, groups, members.

The story of one file, a step per module: `reading` opens a CSV or XLSX file and finds its header by `headers`; rows
come with their line numbers. One of `places`, `branches`, `groups`, `members` reads a row through `values`, finds what
it names through `finding`, and says what the row lists. `running` hands that to the centre's door for lists and learns
what became of it. What is not placed goes with its reason (`reasons`) into a file of `refused` rows that can be mended
and imported again, and all of it is counted in a `report`. `commands` is what somebody types.
"""
