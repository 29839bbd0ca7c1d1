"""Order books, and the transformer that keeps one for each instrument.

A book is either valid or says so: reading the prices of one that is not raises, so that nobody trades on levels that
were true before a gap. Sequencing and checksums are a venue's rule (:mod:`barterpy.sync`); what arrives here is in
order already, with :class:`~barterpy.events.Gap`, :class:`~barterpy.events.BookFailed` and
:class:`~barterpy.events.Disconnected` where it is not.

    OrderBook      the size at each price
    OrderQueues    the orders at each price, in the order of their priority, for venues that send single orders
    BookBuilder    book events in, the changed OrderBook out
"""

from barterpy.orderbook.book import OrderBook
from barterpy.orderbook.builder import BookBuilder
from barterpy.orderbook.orders import OrderQueues, RestingOrder

__all__ = ["BookBuilder", "OrderBook", "OrderQueues", "RestingOrder"]
