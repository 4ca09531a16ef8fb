"""nginx's configuration: read well enough to show a learner the line that is to blame."""
