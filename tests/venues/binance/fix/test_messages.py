"""Binance's own sample messages: those whose length and checksum are right are read, and written byte for byte."""

from decimal import Decimal
from typing import Any, get_args

import pytest

from barterpy.protocols.fix import Encoder, Message, Outgoing
from barterpy.protocols.fix.framing import Framer
from barterpy.protocols.fix.marketdata import MarketDataRequest, News, RequestedEntryType, RequestedSymbol
from barterpy.protocols.fix.orders import OrderMassCancelRequest
from barterpy.protocols.fix.records import FixParser
from barterpy.protocols.fix.timestamps import parse_timestamp
from barterpy.venues.binance.fix import messages as wire

D = Decimal

# "FIX API" page at a5e0bc3d, with | for SOH. Of its 29 samples these are consistent; the others were edited by hand.
LOGON = (
    "8=FIX.4.4|9=248|35=A|34=1|49=5JQmUOsm|52=20240612-08:52:21.613|56=SPOT|95=88|"
    "96=KhJLbZqADWknfTAcp0ZjyNz36Kxa4ffvpNf9nTIc+K5l35h+vA1vzDRvLAEQckyl6VDOwJ53NOBnmmRYxQvQBQ==|98=0|108=30|141=Y|"
    "553=W5rcOD30c0gT4jHK8oX5d5NbzWoa0k4SFVoTHIFNJVZ3NuRpYb6ZyJznj8THyx5d|25035=1|10=000|"
)
LOGON_ANSWER = (
    "8=FIX.4.4|9=113|35=A|34=1|49=SPOT|52=20240612-08:52:21.636837|56=5JQmUOsm|98=0|108=30|"
    "25037=4392a152-3481-4499-921a-6d42c50702e2|10=051|"
)
LOGOUT = "8=FIX.4.4|9=55|35=5|34=3|49=GhQHzrLR|52=20240611-09:44:25.543|56=SPOT|10=249|"
LOGOUT_ANSWER = (
    "8=FIX.4.4|9=84|35=5|34=4|49=SPOT|52=20240611-09:44:25.544001|56=GhQHzrLR|58=Logout acknowledgment.|10=212|"
)
NEWS = (
    "8=FIX.4.4|9=0000113|35=B|49=SPOT|56=OE|34=4|52=20240924-21:07:35.773537|"
    "148=Your connection is about to be closed. Please reconnect.|10=165|"
)
MASS_CANCEL = (
    "8=FIX.4.4|9=95|35=q|34=2|49=dpYPesqv|52=20240613-01:24:36.948|56=SPOT|11=1718241876901971671|"
    "55=BTCUSDT|530=1|10=243|"
)
LIST_STATUS = (
    "8=FIX.4.4|9=293|35=N|34=2|49=SPOT|52=20240607-02:19:07.837191|56=Eg13pOvN|55=BTCUSDT|"
    "60=20240607-02:19:07.836000|66=25|"
    "73=2|55=BTCUSDT|37=52|11=w1717726747805308656|55=BTCUSDT|37=53|11=p1717726747805308656|25010=1|"
    "25011=3|25012=0|25013=1|"
    "429=4|431=3|1385=2|25014=1717726747805308656|25015=1717726747805308656|10=162|"
)
AMEND = (
    "8=FIX.4.4|9=103|35=XAK|34=2|49=EXAMPLE|52=20250319-12:35:21.087|56=SPOT|11=O2EIAS01742387721086|37=0|38=0.9|"
    "55=BTCUSDT|10=254|"
)
AMEND_REJECT = (
    "8=FIX.4.4|9=0000176|35=XAR|49=SPOT|56=OE|34=2|52=20250319-14:27:32.751074|11=1WRGW5J1742394452749|37=0|55=BTCUSDT|"
    "38=1.000000|25016=-2038|58=The requested action would change no state; rejecting.|10=235|"
)
LIMIT_QUERY = "8=FIX.4.4|9=82|35=XLQ|34=2|49=7buKHZxZ|52=20240614-05:35:35.357|56=SPOT|6136=1718343335357229749|10=170|"
LIMIT_RESPONSE = (
    "8=FIX.4.4|9=225|35=XLR|34=2|49=SPOT|52=20240614-05:42:42.724057|56=uGnG0ef8|"
    "6136=1718343762723730315|25003=3|25004=2|"
    "25005=1|25006=1000|25007=10|25008=s|25004=1|25005=0|25006=200|25007=10|25008=s|25004=1|25005=0|"
    "25006=200000|25007=1|"
    "25008=d|10=241|"
)
INSTRUMENT_REQUEST = (
    "8=FIX.4.4|9=92|35=x|49=BMDWATCH|56=SPOT|34=2|52=20250114-08:46:56.096691|320=BTCUSDT_INFO|559=0|55=BTCUSDT|10=164|"
)
INSTRUMENT_LIST = (
    "8=FIX.4.4|9=218|35=y|49=SPOT|56=BMDWATCH|34=2|52=20250114-08:46:56.100147|320=BTCUSDT_INFO|146=1|"
    "55=BTCUSDT|15=USDT|"
    "562=0.00001000|1140=9000.00000000|25039=0.00001000|25040=0.00000001|25041=76.79001236|"
    "25042=0.00000001|969=0.01000000|"
    "10=093|"
)
TRADES = (
    "8=FIX.4.4|9=0000303|35=X|49=SPOT|56=EXAMPLE|34=16|52=20241019-05:40:11.466313|262=TRADE_3|268=3|"
    "279=0|269=2|270=10.00000|"
    "271=0.01000|55=BNBBUSD|1003=0|60=20241019-05:40:11.464000|279=0|269=2|270=10.00000|271=0.01000|1003=1|"
    "60=20241019-05:40:11.464000|279=0|269=2|270=10.00000|271=0.01000|1003=2|60=20241019-05:40:11.464000|10=042|"
)
CONSISTENT = (
    *(LOGON, LOGON_ANSWER, LOGOUT, LOGOUT_ANSWER, NEWS, MASS_CANCEL, LIST_STATUS, AMEND, AMEND_REJECT, LIMIT_QUERY),
    *(LIMIT_RESPONSE, INSTRUMENT_REQUEST, INSTRUMENT_LIST, TRADES),
)

# Bodies of those whose length or checksum is wrong on the page; what they say is still the venue's.
NEW_ORDER = (
    "35=D|34=2|49=qNXO12fH|52=20240611-09:01:46.228|56=SPOT|11=1718096506197867067|38=5|40=2|44=10|54=1|55=LTCBNB|59=4|"
)
REPORT = (
    "35=8|34=2|49=SPOT|52=20240611-09:01:46.228950|56=qNXO12fH|11=1718096506197867067|14=0.00000000|"
    "17=144|32=0.00000000|37=76|"
    "38=5.00000000|39=0|40=2|44=10.00000000|54=1|55=LTCBNB|59=4|60=20240611-09:01:46.228000|150=0|"
    "151=5.00000000|636=Y|1057=Y|"
    "25001=1|25017=0.00000000|25018=20240611-09:01:46.228000|25023=20240611-09:01:46.228000|"
)
CANCEL = "35=F|34=2|49=ieBwvCKy|52=20240613-01:11:13.784|56=SPOT|11=1718241073695674483|37=2|55=LTCBNB|"
CANCEL_REJECT = (
    "35=9|34=2|49=SPOT|52=20240613-01:12:41.320869|56=OlZb8ht8|11=1718241161272843932|37=2|55=LTCBNB|"
    "58=Unknown order sent.|"
    "434=1|25016=-1013|"
)
CANCEL_AND_NEW = (
    "35=XCN|34=2|49=JS8iiXK6|52=20240613-02:31:53.753|56=SPOT|11=1718245913721036458|37=8|38=5|40=2|44=4|"
    "54=1|55=LTCBNB|59=1|"
    "111=1|25033=1|25034=1718245913721036819|"
)
MASS_CANCEL_REPORT = (
    "35=r|34=2|49=SPOT|52=20240613-01:24:36.949763|56=dpYPesqv|11=1718241876901971671|55=LTCBNB|530=1|531=1|533=5|"
)
NEW_LIST = (
    "35=E|34=2|49=Eg13pOvN|52=20240607-02:19:07.836|56=SPOT|73=2|11=w1717726747805308656|55=LTCBNB|54=2|"
    "38=1|40=2|44=0.25|59=1|"
    "11=p1717726747805308656|55=LTCBNB|54=2|38=1|40=1|25010=1|25011=3|25012=0|25013=1|1385=2|25014=1717726747805308656|"
)
QUOTES_REQUEST = (
    "35=V|49=TRADER1|56=SPOT|34=4|52=20241122-06:17:14.183428|262=BOOK_TICKER_STREAM|263=1|264=1|266=Y|"
    "146=1|55=BTCUSDT|267=2|"
    "269=0|269=1|"
)
BOOK_REQUEST = (
    "35=V|49=TRADER1|56=SPOT|34=7|52=20241122-06:17:14.443822|262=DEPTH_STREAM|263=1|264=10|266=Y|146=1|55=BTCUSDT|"
    "267=2|269=0|269=1|"
)
TRADES_REQUEST = (
    "35=V|49=TRADER1|56=SPOT|34=3|52=20241122-06:34:14.775606|262=TRADE_STREAM|263=1|264=1|266=Y|146=1|55=BTCUSDT|"
    "267=1|269=2|"
)
TRADES_END = "35=V|49=TRADER1|56=SPOT|34=7|52=20241122-06:41:56.966969|262=TRADE_STREAM|263=2|264=1|"
REQUEST_REJECT = (
    "35=Y|49=SPOT|56=EXAMPLE|34=5|52=20241019-05:39:36.688964|262=BOOK_TICKER_2|281=2|25016=-1191|"
    "58=Similar subscription is "
    "already active on this connection. Symbol='BNBBUSD', active subscription id: 'BOOK_TICKER_1'.|"
)
SNAPSHOT = "35=W|49=SPOT|56=EXAMPLE|34=34|52=20241019-05:41:52.867164|262=BOOK_TICKER_1_2|55=BNBBUSD|25044=0|268=0|"


def raw(text: str) -> bytes:
    return text.replace("|", "\x01").encode()


def parsed(type_: Any, text: str) -> Any:
    return FixParser(type_).parse(Message.from_text(text))


@pytest.mark.parametrize("sample", CONSISTENT, ids=lambda sample: sample.split("|")[2])
def test_a_sample_is_one_whole_message(sample: str) -> None:
    framer = Framer()
    framer.feed(raw(sample))
    assert framer.frames() == [raw(sample)]
    assert Message(raw(sample)).begin_string == "FIX.4.4"


CUT = [(sample, cut) for sample in (NEWS, TRADES) for cut in range(1, len(sample), 13)]


@pytest.mark.parametrize(("sample", "cut"), CUT)
def test_a_padded_body_length_counts_wherever_the_bytes_are_cut(sample: str, cut: int) -> None:
    framer = Framer()
    framer.feed(raw(sample)[:cut])
    assert framer.frames() == []
    framer.feed(raw(sample)[cut:])
    assert framer.frames() == [raw(sample)]


def written(record: object, like: str) -> str:
    """As a client with the header of the sample would have sent it."""
    message = Message(raw(like))
    stamp = message.value(52)
    assert stamp is not None
    precision: Any = {21: "ms", 24: "us"}[len(stamp)]
    encoder = Encoder("FIX.4.4", message.text(49), message.text(56), precision)
    data = encoder.encode(Outgoing.of(record), message.seq_num, parse_timestamp(stamp))
    return data.decode().replace("\x01", "|")


@pytest.mark.parametrize(
    ("record", "sample"),
    [
        (
            OrderMassCancelRequest(cl_ord_id="1718241876901971671", symbol="BTCUSDT", mass_cancel_request_type="1"),
            MASS_CANCEL,
        ),
        (wire.OrderAmend(cl_ord_id="O2EIAS01742387721086", order_id="0", order_qty=D("0.9"), symbol="BTCUSDT"), AMEND),
        (wire.LimitQuery(req_id="1718343335357229749"), LIMIT_QUERY),
    ],
)
def test_what_a_client_sends_is_the_sample_byte_for_byte(record: object, sample: str) -> None:
    assert written(record, sample) == sample


def test_an_order() -> None:
    order = wire.BinanceNewOrder(
        cl_ord_id="1718096506197867067",
        order_qty=D(5),
        ord_type="2",
        price=D(10),
        side="1",
        symbol="LTCBNB",
        time_in_force="4",
    )
    assert parsed(wire.BinanceNewOrder, NEW_ORDER) == order
    assert f"|{NEW_ORDER}10=" in written(order, raw_text(NEW_ORDER))


def raw_text(text: str) -> str:
    return Message.from_text(text).raw.decode().replace("\x01", "|")


def test_an_order_list_keeps_the_orders_and_their_triggers_together() -> None:
    order = wire.BinanceListOrder(
        cl_ord_id="w1717726747805308656",
        symbol="LTCBNB",
        side="2",
        order_qty=D(1),
        ord_type="2",
        price=D("0.25"),
        time_in_force="1",
    )
    trigger = wire.ListTrigger(trigger_type="3", trigger_index=0, action="1")
    pending = wire.BinanceListOrder(
        cl_ord_id="p1717726747805308656", symbol="LTCBNB", side="2", order_qty=D(1), ord_type="1", triggers=(trigger,)
    )
    orders = wire.BinanceNewOrderList(orders=(order, pending), contingency_type=2, cl_list_id="1717726747805308656")
    assert parsed(wire.BinanceNewOrderList, NEW_LIST) == orders
    assert f"|{NEW_LIST}10=" in written(orders, raw_text(NEW_LIST))


def test_a_cancel_and_new_order() -> None:
    request = parsed(wire.CancelAndNewOrder, CANCEL_AND_NEW)
    assert (request.mode, request.cancel_cl_ord_id, request.order_id) == (1, "1718245913721036819", "8")
    assert (request.cl_ord_id, request.price, request.max_floor) == ("1718245913721036458", D(4), D(1))
    assert f"|{CANCEL_AND_NEW}10=" in written(request, raw_text(CANCEL_AND_NEW))


def test_a_cancel_and_its_refusal() -> None:
    assert parsed(wire.BinanceCancelRequest, CANCEL).order_id == "2"
    reject = parsed(wire.BinanceCancelReject, CANCEL_REJECT)
    assert (reject.text, reject.error_code, reject.cxl_rej_response_to) == ("Unknown order sent.", -1013, "1")


def test_an_execution_report() -> None:
    report = parsed(wire.BinanceExecutionReport, REPORT)
    assert (report.exec_type, report.ord_status, report.order_id, report.exec_id) == ("0", "0", "76", "144")
    assert (report.order_qty, report.price, report.cum_quote_qty) == (D(5), D(10), D(0))
    assert report.aggressor_indicator is True
    assert report.order_creation_time == report.working_time == 1_718_096_506_228_000_000


def test_a_mass_cancel_report() -> None:
    report = parsed(wire.BinanceMassCancelReport, MASS_CANCEL_REPORT)
    assert (report.mass_cancel_response, report.total_affected_orders) == ("1", 5)


def test_a_list_status() -> None:
    status = FixParser(wire.BinanceListStatus).parse(Message(raw(LIST_STATUS)))
    assert status is not None
    assert [(order.order_id, order.cl_ord_id) for order in status.orders] == [
        ("52", "w1717726747805308656"),
        ("53", "p1717726747805308656"),
    ]
    assert [len(order.triggers) for order in status.orders] == [0, 1]
    assert (status.list_id, status.contingency_type, status.list_status_type) == ("25", 2, 4)


def test_an_amend_reject() -> None:
    reject = FixParser(wire.OrderAmendReject).parse(Message(raw(AMEND_REJECT)))
    assert reject is not None
    assert (reject.error_code, reject.order_qty) == (-2038, D(1))


def test_limits() -> None:
    response = FixParser(wire.LimitResponse).parse(Message(raw(LIMIT_RESPONSE)))
    assert response is not None
    told = [(limit.limit_type, limit.limit_count, limit.limit_max, limit.reset_interval) for limit in response.limits]
    assert told == [("2", 1, 1000, 10), ("1", 0, 200, 10), ("1", 0, 200_000, 1)]
    assert [limit.reset_interval_resolution for limit in response.limits] == ["s", "s", "d"]


def test_instruments() -> None:
    request = FixParser(wire.InstrumentListRequest).parse(Message(raw(INSTRUMENT_REQUEST)))
    assert request == wire.InstrumentListRequest(instrument_req_id="BTCUSDT_INFO", request_type=0, symbol="BTCUSDT")
    found = FixParser(wire.InstrumentList).parse(Message(raw(INSTRUMENT_LIST)))
    assert found is not None
    (entry,) = found.related_sym
    assert (entry.symbol, entry.currency, entry.min_price_increment) == ("BTCUSDT", "USDT", D("0.01"))
    assert entry.market_max_trade_vol == D("76.79001236")


@pytest.mark.parametrize(
    ("text", "name", "depth", "types"),
    [
        (QUOTES_REQUEST, "BOOK_TICKER_STREAM", 1, "01"),
        (BOOK_REQUEST, "DEPTH_STREAM", 10, "01"),
        (TRADES_REQUEST, "TRADE_STREAM", 1, "2"),
    ],
)
def test_a_subscription(text: str, name: str, depth: int, types: str) -> None:
    request = MarketDataRequest(
        md_req_id=name,
        subscription_request_type="1",
        market_depth=depth,
        aggregated_book=True,
        md_entry_types=tuple(RequestedEntryType(md_entry_type=type_) for type_ in types),
        related_sym=(RequestedSymbol(symbol="BTCUSDT"),),
    )
    assert parsed(MarketDataRequest, text) == request
    assert parsed(MarketDataRequest, written(request, raw_text(text))) == request


def test_the_end_of_a_subscription() -> None:
    request = MarketDataRequest(md_req_id="TRADE_STREAM", subscription_request_type="2", market_depth=1)
    assert parsed(MarketDataRequest, TRADES_END) == request
    assert parsed(MarketDataRequest, written(request, raw_text(TRADES_END))) == request


def test_a_refused_subscription() -> None:
    reject = parsed(wire.BinanceRequestReject, REQUEST_REJECT)
    assert (reject.md_req_id, reject.md_req_rej_reason, reject.error_code) == ("BOOK_TICKER_2", "2", -1191)


def test_an_empty_snapshot() -> None:
    snapshot = parsed(wire.BookSnapshotMessage, SNAPSHOT)
    assert (snapshot.symbol, snapshot.last_book_update_id, snapshot.md_entries) == ("BNBBUSD", 0, ())


def test_trades_inherit_what_they_leave_out() -> None:
    message = FixParser(wire.UpdateMessage).parse(Message(raw(TRADES)))
    assert message is not None
    assert [entry.symbol for entry in message.md_entries] == ["BNBBUSD", None, None]
    assert [entry.trade_id for entry in message.md_entries] == [0, 1, 2]
    assert {entry.md_entry_px for entry in message.md_entries} == {"10.00000"}


def test_news() -> None:
    news = FixParser(News).parse(Message(raw(NEWS)))
    assert news is not None
    assert news.headline.startswith("Your connection is about to be closed")


@pytest.mark.parametrize("union", [wire.OrderEntryMessage, wire.MarketDataMessage])
def test_no_two_types_of_a_session_have_the_same_msg_type(union: Any) -> None:
    types = [type_.msg_type for type_ in get_args(union)]
    assert len(set(types)) == len(types)
    assert FixParser(union).parse(Message(raw(LOGOUT))) is None
