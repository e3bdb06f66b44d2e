"""The desktop app. Read first: `app.main`, then `main_window`, then `training_panel`. Nothing outside imports this.

`bridge` is the only place where a session meets Qt; `background` the only place where the app computes off its thread.
No module here imports torch when it is imported: the window shows first.
"""
