"""Where labels and a model disagree: voxels that look wrong, organs that nobody labelled, cases to annotate next."""
