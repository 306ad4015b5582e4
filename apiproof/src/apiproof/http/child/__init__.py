"""What runs beside a project's own libraries in a child process; the standard library will do.

The modules here import nothing of the kit but each other: Python puts their folder, and nothing
else of the kit, on the child's path.
"""
