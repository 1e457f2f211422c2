"""The second media service as clients of the foreign ONVIF library read it, which has no description of it.

Written after ONVIF's Media2 specification, as far as the tests ask; what it takes from ONVIF's common schema is the
library's own copy.
"""

from importlib.util import find_spec
from pathlib import Path

MEDIA2 = "http://www.onvif.org/ver20/media/wsdl"
BINDING = f"{{{MEDIA2}}}Media2Binding"
_SCHEMA = "http://www.onvif.org/ver10/schema"
_TOKEN = '<xs:element name="{}" type="tt:ReferenceToken" minOccurs="0"/>'
_URI = '<xs:element name="Uri" type="xs:anyURI"/>'
_MESSAGES = {
    "GetProfiles": (
        f'{_TOKEN.format("Token")}<xs:element name="Type" type="xs:string" minOccurs="0" maxOccurs="unbounded"/>',
        '<xs:element name="Profiles" type="tr2:MediaProfile" minOccurs="0" maxOccurs="unbounded"/>',
    ),
    "GetVideoEncoderConfigurations": (
        f"{_TOKEN.format('ConfigurationToken')}{_TOKEN.format('ProfileToken')}",
        '<xs:element name="Configurations" type="tt:VideoEncoder2Configuration" minOccurs="0" maxOccurs="unbounded"/>',
    ),
    "GetStreamUri": (f'<xs:element name="Protocol" type="xs:string"/>{_TOKEN.format("ProfileToken")}', _URI),
    "GetSnapshotUri": (_TOKEN.format("ProfileToken"), _URI),
}
_ENCODER = """
<xs:complexType name="VideoEncoder2Configuration"><xs:complexContent><xs:extension base="tt:ConfigurationEntity">
  <xs:sequence>
    <xs:element name="Encoding" type="xs:string"/>
    <xs:element name="Resolution" type="tt:VideoResolution"/>
    <xs:element name="RateControl" minOccurs="0"><xs:complexType>
      <xs:sequence>
        <xs:element name="FrameRateLimit" type="xs:float"/><xs:element name="BitrateLimit" type="xs:int"/>
      </xs:sequence>
      <xs:attribute name="ConstantBitRate" type="xs:boolean"/>
    </xs:complexType></xs:element>
    <xs:element name="Multicast" type="tt:MulticastConfiguration" minOccurs="0"/>
    <xs:element name="Quality" type="xs:float"/>
  </xs:sequence>
  <xs:attribute name="GovLength" type="xs:int"/><xs:attribute name="Profile" type="xs:string"/>
</xs:extension></xs:complexContent></xs:complexType>
"""
_PROFILE = """
<xs:complexType name="MediaProfile">
  <xs:sequence>
    <xs:element name="Name" type="tt:Name"/>
    <xs:element name="Configurations" minOccurs="0"><xs:complexType><xs:sequence>
      <xs:element name="VideoSource" type="tt:VideoSourceConfiguration" minOccurs="0"/>
      <xs:element name="VideoEncoder" type="tt:VideoEncoder2Configuration" minOccurs="0"/>
      <xs:element name="PTZ" type="tt:PTZConfiguration" minOccurs="0"/>
    </xs:sequence></xs:complexType></xs:element>
  </xs:sequence>
  <xs:attribute name="token" type="tt:ReferenceToken" use="required"/><xs:attribute name="fixed" type="xs:boolean"/>
</xs:complexType>
"""


def write_contract(folder: Path) -> Path:
    """The service's description (WSDL), for a client to read."""
    path = folder / "media2.wsdl"
    path.write_text(
        '<w:definitions xmlns:w="http://schemas.xmlsoap.org/wsdl/" xmlns:soap="http://schemas.xmlsoap.org/wsdl/soap12/"'
        f' xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:tt="{_SCHEMA}" xmlns:tr2="{MEDIA2}"'
        f' targetNamespace="{MEDIA2}"><w:types>'
        f'<xs:schema targetNamespace="{_SCHEMA}" elementFormDefault="qualified">'
        f'<xs:include schemaLocation="{_common_schema()}"/>{_ENCODER}</xs:schema>'
        f'<xs:schema targetNamespace="{MEDIA2}" elementFormDefault="qualified">'
        f'<xs:import namespace="{_SCHEMA}"/>{_PROFILE}{"".join(map(_elements, _MESSAGES))}</xs:schema></w:types>'
        f"{''.join(map(_messages, _MESSAGES))}"
        f'<w:portType name="Media2">{"".join(map(_operation, _MESSAGES))}</w:portType>'
        '<w:binding name="Media2Binding" type="tr2:Media2">'
        '<soap:binding style="document" transport="http://schemas.xmlsoap.org/soap/http"/>'
        f"{''.join(map(_bound, _MESSAGES))}</w:binding></w:definitions>",
        "utf-8",
    )
    return path


def _common_schema() -> str:
    found = find_spec("onvif")
    assert found is not None
    assert found.submodule_search_locations
    return str(Path(found.submodule_search_locations[0]) / "wsdl" / "onvif.xsd")


def _elements(operation: str) -> str:
    return "".join(
        f'<xs:element name="{name}"><xs:complexType><xs:sequence>{words}</xs:sequence></xs:complexType></xs:element>'
        for name, words in zip((operation, f"{operation}Response"), _MESSAGES[operation], strict=True)
    )


def _messages(operation: str) -> str:
    return "".join(
        f'<w:message name="{name}"><w:part name="parameters" element="tr2:{name}"/></w:message>'
        for name in (operation, f"{operation}Response")
    )


def _operation(operation: str) -> str:
    return (
        f'<w:operation name="{operation}"><w:input message="tr2:{operation}"/>'
        f'<w:output message="tr2:{operation}Response"/></w:operation>'
    )


def _bound(operation: str) -> str:
    return (
        f'<w:operation name="{operation}"><soap:operation soapAction="{MEDIA2}/{operation}"/>'
        '<w:input><soap:body use="literal"/></w:input><w:output><soap:body use="literal"/></w:output></w:operation>'
    )
