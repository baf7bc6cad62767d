"""The store: image shards and label layers that training reads."""
