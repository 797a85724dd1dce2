"""What is fitted on the frozen latents of a model: fit it on clips, keep it by the question that fitted it, save it to a file of its own, open it again.

One protocol: an object that was fitted has `fit`, a frozen result that says on what it was fitted and how it fares on clips held out. Nothing here
changes a model.
"""
