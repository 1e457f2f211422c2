"""A host that nobody here wrote, reading what an edge node says: `pysparkplug`, by its own interpreter.

Standard input: one message a line, as JSON of `topic` and `payload` (hexadecimal). Standard output: what it reads in
them, one JSON object a line. Data without names and datatypes are read by the births before them, as a host must.
"""

import json
import sys

from pysparkplug import DBirth, NBirth, Topic


def main() -> None:
    births: dict[tuple[object, object, object], NBirth | DBirth] = {}
    for line in sys.stdin:
        given = json.loads(line)
        topic = Topic.from_str(given["topic"])
        of = (topic.group_id, topic.edge_node_id, topic.device_id)
        payload = topic.message_type.payload.decode(bytes.fromhex(given["payload"]), birth=births.get(of))
        if isinstance(payload, NBirth | DBirth):
            births[of] = payload
        metrics = payload.metrics if hasattr(payload, "metrics") else (payload.bd_seq_metric,)
        said = {
            "type": topic.message_type.name,
            "device": topic.device_id,
            "seq": getattr(payload, "seq", None),
            "timestamp": payload.timestamp if hasattr(payload, "timestamp") else None,
            "metrics": [
                {
                    "name": each.name,
                    "datatype": each.datatype.name,
                    "value": each.value,
                    "alias": each.alias,
                    "timestamp": each.timestamp,
                    "historical": each.is_historical,
                    "null": each.is_null,
                }
                for each in metrics
            ],
        }
        print(json.dumps(said))  # noqa: T201 - what the test reads


if __name__ == "__main__":
    main()
