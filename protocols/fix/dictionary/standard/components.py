"""The components of the standard by version, and the header and trailer that are made the same way; see `compact`.

Before FIX 4.3 there were none. Those that stand here for FIX 4.0 to 4.2 too (Instrument, CommissionData, …) are what
later became a component, and was written out in the messages of those versions. One that is used by another stands
before it.
"""

__all__ = ["COMPONENTS"]

COMPONENTS = """
StandardHeader: 8! 9! 35! 1128@7 1156@7 1129@7 49! 56! 115 128 90 91 34! 50 142@1 57 143@1 116 144@1 129 145@1 43 97
  52! 122 212@2 213@2 347@2 369@2 370@2-3 627(@3 628 629 630)

StandardTrailer: 93 89 10!

Parties: 453(@3 448 447 452 523@3-3 802(@4 523 803))

NestedParties: 539(@3 524 525 538 545@3-3 804(@4 545 805))

NestedParties2@4: 756( 757 758 759 806( 760 807))

NestedParties3@4: 948( 949 950 951 952( 953 954))

NestedParties4@6: 1414( 1415 1416 1417 1413( 1412 1411))

RootParties@5: 1116( 1117 1118 1119 1120( 1121 1122))

InstrumentParties@5: 1018( 1019 1050 1051 1052( 1053 1054))

UndlyInstrumentParties@5: 1058( 1059 1060 1061 1062( 1063 1064))

TargetParties@7: 1461( 1462 1463 1464)

SecurityXML@6: 1184 1185 1186

ComplexEventTimes@7: 1494( 1495 1496)

ComplexEventDates@7: 1491( 1492 1493 ComplexEventTimes)

ComplexEvents@7: 1483( 1484 1485 1486 1487 1488 1489 1490 ComplexEventDates)

Instrument: 55!@0-2 55@3 65 48 22 454(@3 455 456) 460@3 1227@6 1151@6 461@3 167@1 762@4 200@1 205@1-2 541@3 201@1-2
  201@4 202@1 206@1 1079@5 966@5 1049@5 965@5 224@3 225@3 239@3 226@3 227@3 228@3 255@3 543@3 470@3 471@3 472@3 240@3
  947@4 967@5 968@5 231@2 1435@7 1439@7 969@5 1146@6 996@5 1147@6 1191@6 1192@6 1193@6 1194@6 1195@6 1196@6 1197@6
  1198@6 1199@6 1200@6 1242@6 997@5 223@2 207@1 970@5 971@5 106 348@2 349@2 107 350@2 351@2 SecurityXML@6 691@4 667@4
  875@4 876@4 864(@4 865 866 1145@6 867 868) 873@4 874@4 InstrumentParties@5 1244@6 1449@7 1450@7 1451@7 1452@7 1457@7
  1458@7 1478@7 1479@7 1480@7 1481@7 1482@7 ComplexEvents@7

InstrumentExtension@4: 668 869 870( 871 872)

UnderlyingStipulations@4: 887( 888 889)

UnderlyingInstrument@2: 311! 312 309 305 457(@3 458 459) 462@3 463@3 310 763@4 313 314@2-2 542@3 1213@6 315 241@3
  242@3 243@3 244@3 245@3 246@3 256@3 595@3 592@3 593@3 594@3 247@3 316 941@4 317 436 1437@7 1441@7 998@5 1423@6
  1424@6 1425@6 1000@5 1419@6 435 308 306 362 363 307 364 365 877@4 878@4 972@5 318@4 879@4 975@5 973@5 974@5 810@4
  882@4 883@4 884@4 885@4 886@4 UnderlyingStipulations@4 1044@5 1045@5 1046@5 1038@5 UndlyInstrumentParties@5 1039@5
  1453@7 1454@7 1455@7 1456@7 1459@7 1460@7

InstrumentLeg@3: 600 601 602 603 604( 605 606) 607 608 609 764@4 610 611 1212@6 1358@6 248 249 250 251 252 253 257 599
  596 597 598 254 612 942@4 613 614 1436@7 1440@7 999@5 1224@6 1421@6 1422@6 1001@5 1420@6 615 616 617 618 619 620 621
  622 623 624 556@4 740@4 739@4 955@4 956@4 1017@5 566@5

FinancingDetails@4: 913 914 915 918 788 916 917 919 898

Stipulations@3: 232( 233 234)

LegStipulations@4: 683( 688 689)

OrderQtyData@3: 38 152 516 468 469

CommissionData: 12 13 479@3 497@3

SpreadOrBenchmarkCurveData: 218 220@3 221@3 222@3 662@4 663@4 699@4 761@4

LegBenchmarkCurveData@4: 676 677 678 679 680

YieldData@3: 235 236 701@4 696@4 697@4 698@4

PegInstructions@4: 211 835 836 837 838 840 1094@5 1096@5 1097@5 1098@5 1099@5

DiscretionInstructions@4: 388 389 841 842 843 844 846

TriggeringInstruction@5: 1100 1101 1102 1103 1104 1105 1106 1107 1108 1109 1110 1111 1112 1113 1114

DisplayInstruction@5: 1138 1082 1083 1084 1085 1086 1087 1088

StrategyParametersGrp@5: 957( 958 959 960)

PreAllocGrp: 78(@2 79 661@4 736@4 467@3 539(@3 524 525 538 545@3-3 804(@4 545 805)) 80 209@7)

TrdgSesGrp: 386(@2 336 625@3)

UndInstrmtGrp@4: 711( UnderlyingInstrument)

InstrmtLegGrp@3: 555( InstrumentLeg)

ContAmtGrp@3: 518( 519 520 521)

ContraGrp: 382(@2 375 337 437 438 655@3)

MiscFeesGrp: 136( 137 138 139 891@4)

RoutingGrp: 215(@2 216 217)

LinesOfTextGrp: 33(! 58! 354@2 355@2)

SideTrdRegTS@5: 1016( 1012 1013 1014)

TrdRegTimestamps@4: 768( 769 770 771 1033@5 1034@5 1035@5)

FillsGrp@6: 1362( 1363 1364 1365 1443@7 NestedParties4)

ApplicationSequenceControl@6: 1180 1181 1350 1352

RateSource@7: 1445( 1446 1447 1448)

NewsRefGrp@7: 1475( 1476 1477)

PositionQty@4: 702( 703 704 705 706 976@5 NestedParties)

PositionAmountData@4: 753( 707 708 1055@5)

TickRules@6: 1205( 1206 1207 1208 1209)

LotTypeRules@6: 1234( 1093 1231)

BaseTradingRules@6: TickRules LotTypeRules 1306 1148 1149 1150 827 562 1140 1143 1144 1245 561 1377 1378 423

TradingSessionRules@6: 1237( 40) 1239( 59) 1232( 1308) 1235( 1142 574) 1141( 1022 264 1021 1173@7)

TradingSessionRulesGrp@6: 1309( 336 625 TradingSessionRules)

NestedInstrumentAttribute@6: 1312( 1210 1211)

MaturityRules@6: 1236( 1222 1303 1302 1241 1226 1229)

StrikeRules@6: 1201( 1223 1202 1203 1204 1304 MaturityRules)

SecurityTradingRules@6: BaseTradingRules TradingSessionRulesGrp NestedInstrumentAttribute
"""
