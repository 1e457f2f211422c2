"""Short and full names of the options of a discovery config, for every platform that is read here.

Facts of Home Assistant's MQTT integration. Options of other platforms need no full name: nobody asks for them.
"""

from collections.abc import Mapping
from typing import Any

OPTIONS = {
    # of any entity
    "avty": "availability",
    "avty_mode": "availability_mode",
    "avty_t": "availability_topic",
    "avty_tpl": "availability_template",
    "cmps": "components",
    "cmd_t": "command_topic",
    "cmd_tpl": "command_template",
    "def_ent_id": "default_entity_id",
    "dev": "device",
    "dev_cla": "device_class",
    "e": "encoding",
    "en": "enabled_by_default",
    "ent_cat": "entity_category",
    "ent_pic": "entity_picture",
    "exp_aft": "expire_after",
    "frc_upd": "force_update",
    "ic": "icon",
    "json_attr": "json_attributes",
    "json_attr_t": "json_attributes_topic",
    "json_attr_tpl": "json_attributes_template",
    "migr_discvry": "migrate_discovery",
    "o": "origin",
    "obj_id": "object_id",
    "opt": "optimistic",
    "p": "platform",
    "pl_avail": "payload_available",
    "pl_not_avail": "payload_not_available",
    "ret": "retain",
    "stat_t": "state_topic",
    "stat_tpl": "state_template",
    "stat_val_tpl": "state_value_template",
    "t": "topic",
    "uniq_id": "unique_id",
    "val_tpl": "value_template",
    # sensor
    "dsp_prc": "display_precision",
    "lrst_t": "last_reset_topic",
    "lrst_val_tpl": "last_reset_value_template",
    "stat_cla": "state_class",
    "sug_dsp_prc": "suggested_display_precision",
    "unit_of_meas": "unit_of_measurement",
    # binary_sensor, switch, light, siren
    "av_tones": "available_tones",
    "bri_cmd_t": "brightness_command_topic",
    "bri_cmd_tpl": "brightness_command_template",
    "bri_scl": "brightness_scale",
    "bri_stat_t": "brightness_state_topic",
    "bri_tpl": "brightness_template",
    "bri_val_tpl": "brightness_value_template",
    "cmd_off_tpl": "command_off_template",
    "cmd_on_tpl": "command_on_template",
    "off_dly": "off_delay",
    "on_cmd_type": "on_command_type",
    "pl": "payload",
    "pl_off": "payload_off",
    "pl_on": "payload_on",
    "stat_off": "state_off",
    "stat_on": "state_on",
    "sup_dur": "support_duration",
    "sup_vol": "support_volume_set",
    # button, number, select, text
    "init": "initial",
    "ops": "options",
    "pl_prs": "payload_press",
    "pl_rst": "payload_reset",
    "ptrn": "pattern",
    # cover, valve, lock
    "cod_form": "code_format",
    "pl_cls": "payload_close",
    "pl_lock": "payload_lock",
    "pl_open": "payload_open",
    "pl_stop": "payload_stop",
    "pl_stop_tilt": "payload_stop_tilt",
    "pl_unlk": "payload_unlock",
    "pos": "reports_position",
    "pos_clsd": "position_closed",
    "pos_open": "position_open",
    "pos_t": "position_topic",
    "pos_tpl": "position_template",
    "set_pos_t": "set_position_topic",
    "set_pos_tpl": "set_position_template",
    "stat_clsd": "state_closed",
    "stat_closing": "state_closing",
    "stat_jam": "state_jammed",
    "stat_locked": "state_locked",
    "stat_locking": "state_locking",
    "stat_open": "state_open",
    "stat_opening": "state_opening",
    "stat_stopped": "state_stopped",
    "stat_unlocked": "state_unlocked",
    "stat_unlocking": "state_unlocking",
    "tilt_clsd_val": "tilt_closed_value",
    "tilt_cmd_t": "tilt_command_topic",
    "tilt_cmd_tpl": "tilt_command_template",
    "tilt_max": "tilt_max",
    "tilt_min": "tilt_min",
    "tilt_opnd_val": "tilt_opened_value",
    "tilt_opt": "tilt_optimistic",
    "tilt_status_t": "tilt_status_topic",
    "tilt_status_tpl": "tilt_status_template",
    # event, device_tracker, alarm_control_panel
    "cod_arm_req": "code_arm_required",
    "cod_dis_req": "code_disarm_required",
    "cod_trig_req": "code_trigger_required",
    "evt_typ": "event_types",
    "pl_arm_away": "payload_arm_away",
    "pl_arm_custom_b": "payload_arm_custom_bypass",
    "pl_arm_home": "payload_arm_home",
    "pl_arm_nite": "payload_arm_night",
    "pl_arm_vacation": "payload_arm_vacation",
    "pl_disarm": "payload_disarm",
    "pl_home": "payload_home",
    "pl_not_home": "payload_not_home",
    "pl_trig": "payload_trigger",
    "src_type": "source_type",
    "sup_feat": "supported_features",
}
DEVICE = {
    "cns": "connections",
    "cu": "configuration_url",
    "hw": "hw_version",
    "ids": "identifiers",
    "mdl": "model",
    "mdl_id": "model_id",
    "mf": "manufacturer",
    "sa": "suggested_area",
    "sn": "serial_number",
    "sw": "sw_version",
}
_BASE = "~"


def expand(options: Mapping[Any, Any]) -> dict[str, Any]:
    """The options under their full names, those of the device and of each availability included."""
    full = _named(options, OPTIONS)
    if isinstance(device := full.get("device"), dict):
        full["device"] = _named(device, DEVICE)
    availability = full.get("availability")
    if isinstance(availability, dict):
        availability = [availability]
    if isinstance(availability, list):
        full["availability"] = [_named(each, OPTIONS) if isinstance(each, dict) else each for each in availability]
    return full


def ground(options: dict[str, Any], base: str) -> None:
    """Put the base topic in the place of `~` at either end of every topic, as expanded."""
    for name, said in options.items():
        if isinstance(said, str) and name.endswith("topic"):
            options[name] = _grounded(said, base)
    if isinstance(witnesses := options.get("availability"), list):
        options["availability"] = [_witness(each, base) for each in witnesses]


def _named(options: Mapping[Any, Any], names: Mapping[str, str]) -> dict[str, Any]:
    return {names.get(name, name): said for name, said in options.items()}


def _witness(said: Any, base: str) -> Any:
    topic = said.get("topic") if isinstance(said, dict) else None
    return said | {"topic": _grounded(topic, base)} if isinstance(topic, str) else said


def _grounded(topic: str, base: str) -> str:
    if topic.startswith(_BASE):
        topic = base + topic[1:]
    return topic[:-1] + base if topic.endswith(_BASE) else topic
