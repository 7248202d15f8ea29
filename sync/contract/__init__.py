"""The contract between stations and OMS: messages, their JSON Schemas, `asyncapi.yaml`, and validation."""
