"""runners make it happen: one loop, its backends, the journal, job files, and the command line.

`jobs` is what a job says, `requests` what the commands without a search are asked, `documents` what is
shown, `cli` the commands. The modules beside them run searches: `loop` asks and tells, `backends` evaluate,
`journal` remembers.
"""
