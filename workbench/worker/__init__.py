"""The other side of `workbench.jobs`: owns models and clips, and runs measures. Started as `python -m workbench.worker`."""
