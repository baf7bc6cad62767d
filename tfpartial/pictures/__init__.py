"""Pictures of slices and cases: colours, planes, outlines, sheets, animations."""
