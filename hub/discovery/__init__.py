"""Finding equipment that does not announce itself over MQTT. Discovery proposes, a technician decides."""
