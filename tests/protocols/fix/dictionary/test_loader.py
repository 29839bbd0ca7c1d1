"""Dictionaries from files: what is read, and that what is wrong with a file is told with its line."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from barterpy.errors import ConfigurationError
from barterpy.protocols.fix.dictionary import (
    ComponentMember,
    DictionaryError,
    FieldMember,
    GroupMember,
    Rules,
    Validator,
    elements,
    load_dictionary,
    loader,
)
from barterpy.protocols.fix.message import Message

VENUE = b"""<?xml version="1.0" encoding="UTF-8"?>
<!-- what a venue publishes -->
<fix type="FIX" major="4" minor="4" servicepack="0">
  <header>
    <field name="BeginString" required="Y"/>
    <field name="BodyLength" required="Y"/>
    <field name="MsgType" required="Y"/>
    <field name="SenderCompID" required="Y"/>
    <field name="RecvWindow" required="N"/>
  </header>
  <trailer><field name="CheckSum" required="Y"/></trailer>
  <messages>
    <message name="Heartbeat" msgtype="0" msgcat="admin"><field name="TestReqID" required="N"/></message>
    <message name="OrderCancelAndNew" msgtype="XCN" msgcat="app">
      <field name="ClOrdID" required="Y"/>
      <component name="Parties" required="N"/>
      <component name="Limits" required="Y"/>
    </message>
  </messages>
  <components>
    <component name="Parties">
      <group name="NoPartyIDs" required="N">
        <field name="PartyID" required="Y"/>
        <component name="SubParties" required="N"/>
      </group>
    </component>
    <component name="SubParties">
      <group name="NoPartySubIDs" required="N"><field name="PartySubID" required="Y"/></group>
    </component>
    <component name="Limits"><field name="LimitType" required="Y"/><field name="Text" required="N"/></component>
  </components>
  <interfaces><anything goes="here"/></interfaces>
  <fields>
    <field number="8" name="BeginString" type="STRING"/>
    <field number="9" name="BodyLength" type="LENGTH"/>
    <field number="10" name="CheckSum" type="STRING"/>
    <field number="11" name="ClOrdID" type="STRING"/>
    <field number="35" name="MsgType" type="String"/>
    <field number="49" name="SenderCompID" type="STRING"/>
    <field number="58" name="Text" type="STRING"/>
    <field number="112" name="TestReqID" type="STRING"/>
    <field number="448" name="PartyID" type="STRING"/>
    <field number="453" name="NoPartyIDs" type="NUMINGROUP"/>
    <field number="523" name="PartySubID" type="STRING"/>
    <field number="802" name="NoPartySubIDs" type="NUMINGROUP"/>
    <field number="25000" name="RecvWindow" type="DECIMALS"/>
    <field number="25004" name="LimitType" type="CHAR" allowOtherValues="N">
      <value enum="1" description="ORDER_LIMIT"/>
      <value enum="2"/>
    </field>
    <field number="25005" name="Scope" type="INT" allowOtherValues="Y"><value enum="1" description="ONE"/></field>
  </fields>
</fix>
"""


def test_a_venues_file() -> None:
    venue = load_dictionary(VENUE)
    assert venue.begin_string == "FIX.4.4"
    assert venue.header_layout.required == (8, 9, 35, 49)
    assert venue.trailer == (FieldMember(10, True),)
    assert venue.fields[35].type == "STRING"
    assert venue.fields[25000].type == "STRING"  # a datatype nobody knows: anything
    assert dict(venue.fields[25004].values) == {"1": "ORDER_LIMIT", "2": "2"}
    assert (venue.fields[25004].open, venue.fields[25005].open) == (False, True)
    cancel = venue.messages["XCN"]
    assert venue.message("OrderCancelAndNew") is cancel
    assert (cancel.name, cancel.category, cancel.layout.required) == ("OrderCancelAndNew", "app", (11, 25004))
    sub = ComponentMember("SubParties", False, (GroupMember(802, False, (FieldMember(523, True),)),))
    parties = GroupMember(453, False, (FieldMember(448, True), sub))
    assert cancel.content[1] == ComponentMember("Parties", False, (parties,))
    assert venue.messages["0"].is_admin
    assert venue.unknown_tags() == {}


def test_a_file_validates() -> None:
    validator = Validator(load_dictionary(VENUE), rules=Rules.strict())
    good = "35=XCN|49=A|11=x|453=1|448=p|802=1|523=s|25004=1|"
    assert validator.check(Message.from_text(good)) is None
    for bad, expected in {
        good.replace("25004=1|", ""): (1, 25004),
        good.replace("25004=1", "25004=3"): (5, 25004),
        good.replace("448=p|802", "802"): (1, 448),
        good.replace("802=1", "802=2"): (16, 802),
        good + "44=1|": (0, 44),
    }.items():
        problem = validator.check(Message.from_text(bad))
        assert problem is not None
        assert (problem.reason, problem.tag) == expected


def test_a_file_by_its_path(tmp_path: Path) -> None:
    path = tmp_path / "venue.xml"
    path.write_bytes(VENUE)
    assert load_dictionary(path).messages == load_dictionary(str(path)).messages == load_dictionary(VENUE).messages
    with pytest.raises(DictionaryError, match="No such file") as caught:
        load_dictionary(tmp_path / "other.xml")
    assert caught.value.source == str(tmp_path / "other.xml")
    assert isinstance(caught.value, ConfigurationError)
    assert caught.value.fatal
    path.write_bytes(VENUE.replace(b'enum="1"', b""))
    with pytest.raises(DictionaryError, match=rf"^FIX dictionary {path}, line \d+: <value> has no enum$"):
        load_dictionary(path)


@pytest.mark.parametrize(
    ("attributes", "version"),
    [
        ('major="4" minor="2"', "FIX.4.2"),
        ('type="FIX" major="5" minor="0" servicepack="0"', "FIX.5.0"),
        ('type="FIX" major="5" minor="0" servicepack="2"', "FIX.5.0SP2"),
        ('type="FIXT" major="1" minor="1" servicepack="0"', "FIXT.1.1"),
    ],
)
def test_versions(attributes: str, version: str) -> None:
    assert load_dictionary(f"<fix {attributes}/>".encode()).begin_string == version


@pytest.mark.parametrize(("minor", "kind"), [("0", "STRING"), ("1", "STRING"), ("2", "CHAR")])
def test_char_was_text_before_fix_4_2(minor: str, kind: str) -> None:
    xml = f'<fix major="4" minor="{minor}"><fields><field number="1" name="Account" type="CHAR"/></fields></fix>'
    assert load_dictionary(xml.encode()).fields[1].type == kind


def test_old_names_of_datatypes() -> None:
    names = ["TIME", "DATE", "UTCDATE", "XID", "UTCTIMESTAMP", "MultipleValueString"]
    fields = "".join(f'<field number="{n}" name="F{n}" type="{t}"/>' for n, t in enumerate(names, 1))
    loaded = load_dictionary(f'<fix major="4" minor="2"><fields>{fields}</fields></fix>'.encode())
    assert [field.type for field in loaded.fields.values()] == [
        "UTCTIMESTAMP",
        "LOCALMKTDATE",
        "UTCDATEONLY",
        "STRING",
        "UTCTIMESTAMP",
        "MULTIPLEVALUESTRING",
    ]


def wrap(body: str, fields: str = '<field number="1" name="A" type="STRING"/>') -> bytes:
    return f'<fix major="4" minor="4">\n{body}\n<fields>{fields}</fields>\n</fix>'.encode()


BAD: dict[str, tuple[bytes, int, str]] = {
    "nothing": (b"", 1, "not XML"),
    "no XML": (b"8=FIX.4.4", 1, "not XML"),
    "cut off": (VENUE[: VENUE.index(b"</messages>")], 19, "not XML"),
    "an encoding nobody knows": (b'<?xml version="1.0" encoding="klingon"?><fix/>', 1, "not XML"),
    "another root": (b"<fixt/>", 1, "begins with <fixt>"),
    "no version": (b"<fix/>", 1, "<fix> has no major"),
    "no number for a version": (b'<fix major="four" minor="4"/>', 1, "major is no number"),
    "another type": (b'<fix type="FAST" major="1" minor="1"/>', 1, "type is 'FAST'"),
    "a field without a number": (wrap("", '<field name="A" type="STRING"/>'), 3, "<field> has no number"),
    "a field without a name": (wrap("", '<field number="1" type="STRING"/>'), 3, "<field> has no name"),
    "a field without a type": (wrap("", '<field number="1" name="A"/>'), 3, "<field> has no type"),
    "a number that is none": (wrap("", '<field number="1e3" name="A" type="INT"/>'), 3, "the number of A is no tag"),
    "tag 0": (wrap("", '<field number="0" name="A" type="INT"/>'), 3, "no tag"),
    "a negative tag": (wrap("", '<field number="-1" name="A" type="INT"/>'), 3, "no tag"),
    "an endless tag": (wrap("", f'<field number="{"9" * 5000}" name="A" type="INT"/>'), 3, "no tag"),
    "a tag twice": (
        wrap("", '<field number="1" name="A" type="INT"/>\n<field number="1" name="B" type="INT"/>'),
        4,
        "tag 1 is B and A",
    ),
    "a name twice": (
        wrap("", '<field number="1" name="A" type="INT"/>\n<field number="2" name="A" type="INT"/>'),
        4,
        "two tags are called A",
    ),
    "something else among fields": (wrap("", "<group/>"), 3, "<group> where <field> belongs"),
    "something else in a field": (wrap("", '<field number="1" name="A" type="INT"><v/></field>'), 3, "<v> in field A"),
    "a message without a type": (wrap('<messages><message name="M"/></messages>'), 2, "<message> has no msgtype"),
    "a message without a name": (wrap('<messages><message msgtype="M"/></messages>'), 2, "<message> has no name"),
    "a category there is not": (
        wrap('<messages><message name="M" msgtype="M" msgcat="other"/></messages>'),
        2,
        "msgcat is 'other'",
    ),
    "a type twice": (
        wrap('<messages><message name="M" msgtype="M"/>\n<message name="N" msgtype="M"/></messages>'),
        3,
        "two messages are of type M",
    ),
    "something else among messages": (wrap("<messages><msg/></messages>"), 2, "<msg> where <message> belongs"),
    "a field there is not": (wrap('<header><field name="B"/></header>'), 2, "there is no field B"),
    "a component there is not": (wrap('<header><component name="B"/></header>'), 2, "there is no component B"),
    "a group there is not": (wrap('<header><group name="B"/></header>'), 2, "there is no field B"),
    "a group of nothing": (wrap('<header><group name="A"/></header>'), 2, "group A has no fields"),
    "a group of a component of nothing": (
        wrap(
            '<header><group name="A"><component name="C"/></group></header>'
            '<components><component name="C"/></components>'
        ),
        2,
        "group A has no fields",
    ),
    "a member without a name": (wrap("<header><field/></header>"), 2, "<field> has no name"),
    "a member that is none": (wrap('<header><fild name="A"/></header>'), 2, "<fild> where a field, group or component"),
    "a component without a name": (wrap("<components><component/></components>"), 2, "<component> has no name"),
    "a component twice": (
        wrap('<components><component name="C"/>\n<component name="C"/></components>'),
        3,
        "component C is there twice",
    ),
    "a component in itself": (
        wrap('<components><component name="C">\n<component name="C"/></component></components>'),
        3,
        "a component contains itself: C in C",
    ),
    "a circle of components": (
        wrap(
            "<components>"
            '<component name="C"><component name="D"/></component>\n'
            '<component name="D"><group name="A"><component name="E"/></group></component>\n'
            '<component name="E"><component name="C"/></component>'
            "</components>"
        ),
        4,
        "a component contains itself: C in E in D in C",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_wrong_is_told_with_its_line(name: str) -> None:
    xml, line, reason = BAD[name]
    with pytest.raises(DictionaryError) as caught:
        load_dictionary(xml)
    assert reason in caught.value.reason
    assert caught.value.line == line
    assert str(caught.value).startswith("FIX dictionary (bytes), line ")


BOMB = b"""<?xml version="1.0"?>
<!DOCTYPE fix [
 <!ENTITY a "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa">
 <!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">
 <!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">
]>
<fix major="4" minor="4">&c;</fix>"""


@pytest.mark.parametrize(
    "xml",
    [
        BOMB,
        b'<!DOCTYPE fix SYSTEM "file:///etc/passwd"><fix major="4" minor="4"/>',
        b'<!DOCTYPE fix [<!ENTITY x SYSTEM "file:///etc/passwd">]><fix major="4" minor="4">&x;</fix>',
        b'<!DOCTYPE fix><fix major="4" minor="4"/>',
    ],
)
def test_entities_and_document_types_are_refused(xml: bytes) -> None:
    with pytest.raises(DictionaryError, match="document type"):
        load_dictionary(xml)


def test_an_entity_nobody_declared() -> None:
    with pytest.raises(DictionaryError, match="undefined entity"):
        load_dictionary(b'<fix major="4" minor="4">&x;</fix>')


def test_a_file_that_is_too_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(elements, "MAX_SIZE", len(VENUE))
    assert load_dictionary(VENUE).messages
    with pytest.raises(DictionaryError, match=f"larger than {len(VENUE)} bytes"):
        load_dictionary(VENUE + b" ")


def test_of_a_file_no_more_is_read_than_is_allowed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "large.xml"
    path.write_bytes(VENUE + b" " * 10_000)
    monkeypatch.setattr(elements, "MAX_SIZE", len(VENUE))
    monkeypatch.setattr(loader, "MAX_SIZE", len(VENUE))
    with pytest.raises(DictionaryError, match=f"larger than {len(VENUE)} bytes") as caught:
        load_dictionary(path)
    assert caught.value.source == str(path)


def test_elements_without_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(elements, "MAX_ELEMENTS", 100)
    with pytest.raises(DictionaryError, match="line 1: more than 100 elements"):
        load_dictionary(b"<fix>" + b"<a/>" * 200 + b"</fix>")


def test_elements_without_bottom() -> None:
    with pytest.raises(DictionaryError, match="line 1: <a> lies deeper than 32 elements"):
        load_dictionary(b"<fix>" + b"<a>" * 100 + b"</a>" * 100 + b"</fix>")


def test_components_that_double() -> None:
    # Forty lines that would be written out as a million million fields.
    doubling = "".join(
        f'<component name="C{n}"><component name="C{n + 1}"/><component name="C{n + 1}"/></component>\n'
        for n in range(30)
    )
    xml = wrap(f'<components>{doubling}<component name="C30"><field name="A"/></component></components>')
    with pytest.raises(DictionaryError, match=f"more than {loader.MAX_MEMBERS} fields, components and groups"):
        load_dictionary(xml)


def test_components_without_bottom() -> None:
    chain = "".join(f'<component name="C{n}"><component name="C{n + 1}"/></component>\n' for n in range(200))
    xml = wrap(f'<components>{chain}<component name="C200"><field name="A"/></component></components>')
    with pytest.raises(DictionaryError, match="deeper than 32"):
        load_dictionary(xml)


def test_names_in_errors_are_cut() -> None:
    with pytest.raises(DictionaryError) as caught:
        load_dictionary(wrap(f'<header><field name="{"x" * 10_000}"/></header>'))
    assert len(str(caught.value)) < 200


@given(st.binary(max_size=400) | st.text(max_size=200).map(str.encode))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    with pytest.raises(DictionaryError):
        load_dictionary(data)


@given(
    place=st.integers(0, len(VENUE)),
    length=st.integers(0, 40),
    patch=st.binary(max_size=8) | st.sampled_from([b'"', b"<", b"/>", b"<field/>", b"&lt;"]),
)
def test_a_spoilt_file_is_read_or_refused(place: int, length: int, patch: bytes) -> None:
    spoilt = VENUE[:place] + patch + VENUE[place + length :]
    try:
        loaded = load_dictionary(spoilt)
    except DictionaryError:
        return
    assert loaded.unknown_tags() == {}
    assert Validator(loaded, rules=Rules.strict()).check(Message.from_text("35=?|")) is not None
