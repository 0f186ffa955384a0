# The monitor of one task.
