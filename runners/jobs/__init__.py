"""A job: its file, what its fields mean, its folder, queues of jobs."""
