"""The messages of the standard by version; see `compact` for the notation.

The session's own, and those of order entry, execution, market data, quotes, security definitions and lists, trading
sessions, news, email, mass cancels, positions, trade reports and users. What else a counterparty speaks, a file of its
own brings.
"""

__all__ = ["MESSAGES"]

MESSAGES = """
0 Heartbeat admin: 112

1 TestRequest admin: 112!

2 ResendRequest admin: 7! 16!

3 Reject admin: 45! 371@2 372@2 1130@7 1406@7 1131@7 373@2 58 354@2 355@2

4 SequenceReset admin: 123 36!

5 Logout admin: 1409@7 58 354@2 355@2

A Logon admin: 98! 108! 95 96 141@1 789@4 383@2 384(@2 372 385 1130@7 1406@7 1131@7 1410@7) 464@3 553@3 554@3 925@7
  1400@7 1401@7 1402@7 1403@7 1404@7 1409@7 1137!@7 1407@7 1408@7 58@7 354@7 355@7

n XMLnonFIX admin@3:

6 IndicationOfInterest app@0-3: 23! 28! 26 Instrument!@0-3 54! 465@3 27! 44 423@3-3 15 62 25 24@0-1 130 199(@1 104)
  104@0-0 58 354@2 355@2 60 149@1 RoutingGrp SpreadOrBenchmarkCurveData@2-3 219@2-3

6 IOI app@4: ApplicationSequenceControl 23! 28! 26 Instrument! FinancingDetails UndInstrmtGrp 54! 854 OrderQtyData 27!
  15 Stipulations 555( InstrumentLeg 682 LegStipulations) 423 44 62 25 130 199( 104) 58 354 355 60 149 RoutingGrp
  SpreadOrBenchmarkCurveData YieldData InstrumentExtension@7 Parties@5

B News app: ApplicationSequenceControl 1472@7 NewsRefGrp@7 1473@7 1474@7 42 61 148!@1 358@2 359@2 215(@2 216 217)
  1300@7 1301@7 46@0-0 146(@1-2 46 65 48 22 167 200 205 201 202 206 231@2 223@2 207 106 348@2 349@2 107 350@2 351@2)
  146(@3 Instrument InstrumentExtension@7 FinancingDetails@7) InstrmtLegGrp@4 UndInstrmtGrp LinesOfTextGrp! 149@1 95
  96

C Email app: 164!@1 94! 42 147!@1 356@2 357@2 215(@2 216 217) 46@0-0 146(@1-2 46 65 48 22 167 200 205 201 202 206
  231@2 223@2 207 106 348@2 349@2 107 350@2 351@2) 146(@3 Instrument InstrumentExtension@7 FinancingDetails@7)
  UndInstrmtGrp InstrmtLegGrp@4 37 11 LinesOfTextGrp! 95 96

D NewOrderSingle app: 11! 526@3 583@3 109@0-2 76@0-2 Parties@3 229@3 75@4 1@0 660@4 581@3 589@3 590@3 591@3 70@4
  PreAllocGrp@2 63 64 544@3 635@3 21!@0-3 21@4 18 110 1089@5 1090@5 DisplayInstruction 111 1133@5 100 TrdgSesGrp 81
  Instrument! FinancingDetails UndInstrmtGrp 140 54! 114 60!@2 465@3-3 Stipulations 854@4 38!@0-0 38@1-2 152@1-2
  OrderQtyData!@3 40! 423@3 44 1092@5 99 TriggeringInstruction SpreadOrBenchmarkCurveData@3 YieldData@3 15 376@2 377@2
  23 117 59 168@2 432@2 126 427@2 CommissionData 528@3 529@3 1091@5 582@3 47@0-3 158@3-3 159@3-3 118@3-3 121 120 775@4
  58 354@2 355@2 193@1 192@1 640@3 77@1 203@1 204@1-2 210@1 211@1-3 388@2-3 389@2-3 439@2-2 440@2-2 PegInstructions
  DiscretionInstructions 847@4 848@4 849@4 StrategyParametersGrp 480@3 481@3 513@3 494@3 1028@5 1029@5 1030@5 1031@5
  1032@5 TrdRegTimestamps@5 1080@5 1081@5 TargetParties 797@7 1233@7 1238@7 1390@7 522@7 1300@7 RateSource

8 ExecutionReport app: ApplicationSequenceControl 37! 198@1 526@3 527@3 11@0 41@1 583@3 693@4 790@4 584@4 961@5 911@4
  912@4 109@0-2 76@0-2 Parties@3 229@3 75 ContraGrp@2 66 548@3 551@3 549@3 17! 19 20!@0-2 150!@1 39! 636@3 103 378@2
  1@0 660@4 581@3 589@3 590@3 591@3 70@6 78(@6 79 661 736 467 NestedParties 80 209@7) 63 64 544@3 635@3 574@5 1115@5
  DisplayInstruction 110@2 18 1089@5 1090@5 Instrument! FinancingDetails UndInstrmtGrp 54! Stipulations 854@4 465@3-3
  38!@0-1 38@2-2 152@2-2 OrderQtyData 40 1093@5 423@3 44 1092@5 99 TriggeringInstruction PegInstructions
  DiscretionInstructions 839@4 1095@5 845@4 847@4 848@4 849@4 StrategyParametersGrp 850@4 15 376@2 377@2 59 168@2
  432@2 126 528@3 529@3 1091@5 582@3 47@0-3 32!@0-1 32@2 1056@5 652@3 31!@0-1 31@2 651@3 669@4 194@1 195@1 1071@5 30
  29 336@2 625@3 943@4 151!@1 14! 6!@0-4 6@5 424@2 425@2 426@2 1361@6 893@6 427@2 58 354@2 355@2 60 113 CommissionData
  SpreadOrBenchmarkCurveData@3 YieldData@3 381@2 157@3 230@3 158@3 159@3 738@4 920@4 921@4 922@4 258@3 259@3 260@3
  238@3 237@3 118@0-0 118@3 119 120 155@1 156@1 21@2 111@2 77@2 210@2 211@1-3 388@2-3 389@2-3 439@2-2 440@2-2 641@3
  442@2 480@3 481@3 513@3 494@3 483@3 515@3 484@3 485@3 638@3 639@3 851@4 ContAmtGrp 555(@3 InstrumentLeg 687@4 685@5
  690@4 LegStipulations 1366@6 670(@6 671 672 NestedParties2 673 674 1367) 564 565 NestedParties@3-5 NestedParties3@6
  654 566@3-4 587 588 637 675@5 1073@5 1074@5 1075@5 1379@6 1381@6 1383@6 1384@6 1418@6) 797@4 MiscFeesGrp@0-0
  MiscFeesGrp@4 775@4 192@2 193@2 1028@5 1029@5 1030@5 1031@5 1032@5 TrdRegTimestamps@5 1057@5 1188@6 1189@6 1190@6
  1380@6 1385@7 1300@7 RateSource FillsGrp 880@6 811@6 1080@7 1081@7 1166@7 278@7 TargetParties 1328@7 828@7 829@7
  855@7 570@7 1390@7 631@7 1430@7 100@7 1133@7 84@7 1233@7 1238@7 522@7

9 OrderCancelReject app: 37! 198@1 526@3 11! 583@3 41!@1-3 41!@4-5 41@6 109@0-2 76@0-2 39!@1 636@3 586@3 66 1@2 660@4
  581@3 229@3 75@4 60@2 434!@2 102 58 354@2 355@2 1328@7 100@7 1133@7 Parties@7

F OrderCancelRequest app: 41!@0-5 41@6 37 11! 526@3 583@3 66 586@3 109@0-2 76@0-2 1@2 660@4 581@3 Parties@3 125!@0-0
  Instrument! FinancingDetails UndInstrmtGrp 54! 60!@2 38!@0-0 38@1-2 152@1-2 OrderQtyData!@3 376@2 377@2-2 58 354@2
  355@2 1300@7 100@7 1133@7

G OrderCancelReplaceRequest app: 37 109@0-2 76@0-2 Parties@3 229@3 75@4 41!@0-5 41@6 11! 526@3 583@3 66 586@3 1 660@4
  581@3 589@3 590@3 591@3 70@4 PreAllocGrp 63 64 544@3 635@3 21!@0-3 21@4 18 110 1089@5 1090@5 DisplayInstruction 111
  1133@5 100 TrdgSesGrp Instrument! FinancingDetails UndInstrmtGrp 54! 60!@2 465@3-3 854@4 38!@0-0 38@1-2 152@1-2
  OrderQtyData!@3 40! 423@3 44 1092@5 99 TriggeringInstruction SpreadOrBenchmarkCurveData@3 YieldData@3 211@1-3
  388@2-3 389@2-3 439@2-2 440@2-2 PegInstructions DiscretionInstructions 847@4 848@4 849@4 StrategyParametersGrp 376@2
  377@2 15 59 168@2 432@2 126 427@2 CommissionData 528@3 529@3 1091@5 582@3 47@0-3 158@3-3 159@3-3 118@3-3 121 120
  775@4 58 354@2 355@2 193@1 192@1 640@3 77@1 203@1 204@1-2 210@1 114@1 480@3 481@3 513@3 494@3 1028@5 1029@5 1030@5
  1031@5 1032@5 1300@7 RateSource TrdRegTimestamps@5 TargetParties 1233@7 1238@7 1390@7 522@7 Stipulations@7

H OrderStatusRequest app: 37 11!@0-5 11@6 526@3 583@3 109@0-2 76@0-2 Parties@3 790@4 1@2 660@4 Instrument!
  FinancingDetails UndInstrmtGrp 54! 1300@7

Q DontKnowTrade app: 37@0-1 37!@2 198@4 17@0-1 17!@2 127! Instrument! UndInstrmtGrp InstrmtLegGrp@4 54! 38!@0-0 38@1-2
  152@1-2 OrderQtyData@3-3 OrderQtyData!@4 32!@0-0 32@1 31!@0-0 31@1 58 354@2 355@2

E NewOrderList app@0-1: 66! 105 67! 68! 69 11! 109 76 1 63 64 21! 18 110 111 100 81 Instrument! 140 54! 114 38! 40! 44
  99 211@1 15 59 126 CommissionData 47 121 120 58 193@1 192@1 77@1 203@1 204@1 210@1

E NewOrderList app@2: 66! 390@2 391@2 414@2 394!@2 415@2 480@3 481@3 513@3 433@2 69 1385@6 352@2 353@2 765@4 766@4
  767@4 68! 893@4 RootParties 73(! 11! 526@3 67! 583@3 160@2 Parties@3 229@3 75@4 109@2-2 76@2-2 1 660@4 581@3 589@3
  70@4 590@3 591@3 PreAllocGrp 63 64 544@3 635@3 21 18 110 1089@5 1090@5 DisplayInstruction 111 1133@5 100 TrdgSesGrp
  81 Instrument! UndInstrmtGrp 140 54! 401@2 114 60@2 Stipulations 854@4 465@3-3 38@2-2 152@2-2 OrderQtyData!@3 40
  423@3 44 1092@5 99 TriggeringInstruction SpreadOrBenchmarkCurveData@3 YieldData@3 15 376@2 377@2 23 117 59 168@2
  432@2 126 427@2 CommissionData 528@3 529@3 1091@5 582@3 47@0-3 158@3-3 159@3-3 118@3-3 121 120 775@4 58 354@2 355@2
  193@1 192@1 640@3 77@1 203@1 204@1-2 210@1 211@1-3 388@2-3 389@2-3 439@2-2 440@2-2 PegInstructions
  DiscretionInstructions 847@4 848@4 849@4 StrategyParametersGrp 494@3 1028@7 1080@5 1081@5 1233@7 1238@7)

N ListStatus app: 66! 429!@2 82! 431!@2 1385@6 1386@6 83! 444@2 445@2 446@2 60@2 68!@2 893@4 105@0-1 73(! 37@6 11!@0-5
  11@6 526@3 14! 39!@2 636@3 151@1-1 151!@2 84! 6! 103@2 58@2 354@2 355@2)

K ListCancelRequest app: 66! Parties@5 75@4 229@3 60!@2 58 354@2 355@2 105@0-1

L ListExecute app: 66! 391@2 390@2 60!@2 58 354@2 355@2 105@0-1

M ListStatusRequest app: 66! 58 354@2 355@2 105@0-1

q OrderMassCancelRequest app@3: 11! 526@3 530! 336 625 Parties@5 TargetParties Instrument@3 UnderlyingInstrument@3
  1300@6 1301@6 54 60! 58 354 355

r OrderMassCancelReport app@3: 11 526 37! 198 1369!@6 530! 531! 532 533 534( 535 41@3-6 536) 1370(@6 1372 1371) 336
  625 Parties@5 TargetParties Instrument UnderlyingInstrument 1300@6 1301@6 54 60 58 354 355

AF OrderMassStatusRequest app@3: 584! 585! Parties TargetParties 1 660@4 336 625 Instrument UnderlyingInstrument 54

BN ExecutionAcknowledgement app@5: 37! 198 11 1036! 17! 127 Instrument! UndInstrmtGrp InstrmtLegGrp@4 54!
  OrderQtyData! 32 31 423 669 14 6 58 354 355

j BusinessMessageReject app@2: 45 372! 1130@6 1406@6 1131@6 379 380! 58 354 355

R QuoteRequest app: 131! 644@3 11@4 1091@6 1171@6 1172@6 528@4 RootParties@6 Instrument!@0-1 140@0-1 54@0-1 38@0-1
  64@1-1 40@1-1 193@1-1 192@1-1 146(!@2 Instrument! FinancingDetails UndInstrmtGrp 140 303 537@3 336@2 625@3 229@3
  Stipulations 54 854@4 465@3-3 38@2-2 OrderQtyData@3 63@3 64 193 192 15 1@4 660@4 581@4 555(@4 InstrumentLeg 687 690
  587 588 LegStipulations NestedParties LegBenchmarkCurveData 685@5 654@5) 735(@4 695) 692@4 62@4 40 60 126 423@3 44@3
  640@3 SpreadOrBenchmarkCurveData@3 YieldData@3 Parties@4 117@7 110@6 120@7 RateSource 828@7 631@7 443@7) 775@7 529@7
  376@7 58@3 354@3 355@3

Z QuoteCancel app@2: 131 117!@2-4 117@5 1166@6 537@7 298! 301 Parties TargetParties 1@3 660@4 581@3 336 625@3
  295(!@2-2 Instrument! 311) 295(@3 Instrument FinancingDetails UndInstrmtGrp InstrmtLegGrp@4)

V MarketDataRequest app@2: 262! Parties@6 263! 264! 265 266 286@3 546@3 547@3 267(! 269!) 146(! Instrument!
  InstrumentExtension@7 FinancingDetails@7 UndInstrmtGrp@4 InstrmtLegGrp@4 SpreadOrBenchmarkCurveData@7 336@2-2 15@5
  537@5 63@5 64@5 271@5 1500@7) TrdgSesGrp@3 815@4 812@4 1070@5 1310(@7 1301 1300)

W MarketDataSnapshotFullRefresh app@2: ApplicationSequenceControl 911@6 963@5 715@5 1021@5 1173@6 1022@5 75@5 262
  1500@7 Instrument! UndInstrmtGrp InstrmtLegGrp@4 291 292 451@3 387@2-3 449@3-3 450@3-3 268(! 269! 278@5 270!@2-2
  270@3 423@6 15 271 272 273 274 275 336 625@3 326@6 276 277 282 283 284 286 59 432 126 110 18 287 37 198@5 299 288
  289 346 290 546@3 811@4 58 354 355 1023@5 40@5 528@5 1024@5 332@5 333@5 1020@5 63@5 64@5 1070@5 83@5 1048@5 1026@5
  1027@5 Parties@5 819@7 YieldData@6 SpreadOrBenchmarkCurveData@6 120@7 RateSource 1177(@6 1178 1179) 1093@6 327@6
  1003@7 828@7 829@7 855@7 574@7 1115@7 1390@7 570@7 1025@7 31@7 1306@7 1148@7 1149@7 1150@7 1143@7 731@7 654@7) 813@4
  814@4 1187@6 RoutingGrp@5 264@6 1301@7 1300@7 InstrumentExtension@7 FinancingDetails@7 779@7

X MarketDataIncrementalRefresh app@2: ApplicationSequenceControl 1021@5 1022@5 75@5 262 268(! 279! 285 1173@6 269 278
  280 1500@7 Instrument UndInstrmtGrp InstrmtLegGrp@4 291 292 270 423@6 15 271 272 273 274 275 336 625@3 326@6 276 277
  282 283 284 286 59 432 126 110 18 287 37 198@5 299 288 289 346 290 546@3 811@4 451@3 387@2-3 449@3-3 450@3-3 58 354
  355 40@5 1023@5 528@5 1024@5 332@5 333@5 1020@5 63@5 64@5 1070@5 83@5 1048@5 1026@5 1027@5 Parties@5 264@6
  InstrumentExtension@7 FinancingDetails@7 819@7 YieldData@6 SpreadOrBenchmarkCurveData@6 120@7 RateSource 1177(@6
  1178 1179) 1093@6 327@6 828@6 829@7 855@7 574@6 1115@7 1390@7 570@7 1003@6 1025@7 31@7 1306@7 1148@7 1149@7 1150@7
  1143@7 731@7 483@6 60@6 1175(@6 1176)) 813@4 814@4 RoutingGrp@5 1301@7 1300@7

Y MarketDataRequestReject app@2: 262! 281 816(@4 817) 58 354 355 Parties@6

c SecurityDefinitionRequest app@2: 320! 321! 1301@6 1300@6 Instrument InstrumentExtension@4 FinancingDetails@7
  UndInstrmtGrp InstrmtLegGrp@3 146(@2-2 UnderlyingInstrument! 319 54 318) 15 58 354 355 336 625@3 Stipulations@6
  SpreadOrBenchmarkCurveData@6 YieldData@6 827@4 263@3 376@7

d SecurityDefinition app@2: ApplicationSequenceControl 964@5 715@5 320!@2-4 320@5 322!@2-4 322@5 323@2-2 323!@3-4
  323@5 560@7 292@6 Instrument InstrumentExtension@4 FinancingDetails@7 UndInstrmtGrp InstrmtLegGrp@3 146(@2-2
  UnderlyingInstrument! 319 54 318) 393!@2-2 15 336@2-5 625@3-5 58 354 355 Stipulations@6 SpreadOrBenchmarkCurveData@6
  YieldData@6 827@4-5 561@3-5 562@3-5 60@7 1310(@6 1301 1300 SecurityTradingRules StrikeRules) 734@7 779@7

e SecurityStatusRequest app@2: 324! Instrument! InstrumentExtension@4 FinancingDetails@7 UndInstrmtGrp InstrmtLegGrp@4
  15 263! 336 625@3 1301@6 1300@6

f SecurityStatus app@2: ApplicationSequenceControl 324 Instrument! InstrumentExtension@4 FinancingDetails@7
  UndInstrmtGrp InstrmtLegGrp@4 15 1301@6 1300@6 336 625@3 325 326 1174@6 291 292 327 328 329 330 331 332 333 31 60
  334 1021@6 58@3 354@3 355@3 1025@5 75@7 264@6 730@7 731@7

g TradingSessionStatusRequest app@2: 335! 336 625@3 338 339 263! 1301@6 1300@6 207@5

h TradingSessionStatus app@2: ApplicationSequenceControl 335 1301@6 1300@6 336! 625@3 338 339 325 340! 567@3 341 342
  343 344 345 387 58 354 355 Instrument@5 75@7 1368@6 60@7

v SecurityTypeRequest app@3: 320! 58 354 355 336 625 460@4 167@4 762@4 1301@6 1300@6

w SecurityTypes app@3: ApplicationSequenceControl 320! 322! 323! 557 893@4 558( 167 762@4 460 461 60@7) 58 354 355 336
  625 263 1301@6 1300@6

x SecurityListRequest app@3: 320! 559! 1301@6 1300@6 Instrument InstrumentExtension@4 FinancingDetails@4 UndInstrmtGrp
  InstrmtLegGrp@4 15 58 354 355 336 625 263 1465@7 1470@7 1471@7

y SecurityList app@3: ApplicationSequenceControl 964@5 715@5 1301@6 1300@6 320!@3-4 320@5 322!@3-4 322@5 560!@3-4
  560@5 393 893@4 146( Instrument InstrumentExtension@4 FinancingDetails UndInstrmtGrp 15 Stipulations@4 555(@3
  InstrumentLeg 690@4 587@4 LegStipulations LegBenchmarkCurveData) SpreadOrBenchmarkCurveData@4 YieldData@4 561@3-5
  562@3-5 336@3-5 625@3-5 827@4-5 58 354 355 SecurityTradingRules StrikeRules 1504@7) 1465@7 1466@7 1467@7 1468@7
  1469@7 1470@7 1471@7 60@7

S Quote app: 131 117! 1166@6 693@4 537@3 1171@6 735(@4 695) 301@2 Parties@3 336@2 625@3 Instrument! FinancingDetails
  UndInstrmtGrp 54@4 OrderQtyData@4 63@3 64 193@1 192@1 15 Stipulations@4 1@3 660@4 581@3 555(@4 InstrumentLeg 687
  685@5 690 587 588 LegStipulations NestedParties 686 681 684 LegBenchmarkCurveData 654@5 1067@5 1068@5) 132!@0-0
  132@1 133 645@3 646@3 647@3 134 648@3 135 110@6 62 188@1 190@1 189@1 191@1 631@3 632@3 633@3 634@3 60@1 40@1 642@3
  643@3 656@3 657@3 156@3 12@3 13@3 582@3 100@3 1133@5 528@5 423@4 SpreadOrBenchmarkCurveData@4 YieldData@4 58@3 354@3
  355@3 120@7 390@7 1080@7 1081@7 828@7 RateSource 522@7 377@7 TrdRegTimestamps@7 479@7 1233@7 1238@7 497@7 775@7
  529@7 RoutingGrp@7 376@7 443@7 1065@5 1066@5

a QuoteStatusRequest app@2: 649@3 117 Instrument! FinancingDetails UndInstrmtGrp InstrmtLegGrp@4 54@2-2 Parties
  TargetParties 1@3 660@4 581@3 336 625@3 263@3

i MassQuote app@2: 131 117! 537@3 301 Parties 1@3 660@4 581@3 293@2 294@2 296(! 302! UnderlyingInstrument 367 304!
  893@4 295(!@2 299! Instrument InstrmtLegGrp@4 132 133 134 135 62 188 190 189 191 631@3 632@3 633@3 634@3 60 336
  625@3 64 40 193 192 642@3 643@3 15 775@7 528@7 529@7)) 376@7

b MassQuoteAcknowledgement app@2: 131 117 297! 300 301 537@3 298@6 Parties TargetParties 1@3 660@4 581@3 58 354@4
  355@4 296( 302 UnderlyingInstrument 367@7 304 893@4 1168@6 1169@6 1170@6 295( 299 Instrument InstrmtLegGrp@4 132@3
  133@3 134@3 135@3 62@3 188@3 190@3 189@3 191@3 631@3 632@3 633@3 634@3 60@3 336@3 625@3 64@3 40@3 193@3 192@3 642@3
  643@3 15@3 775@7 528@7 529@7 1167@6 368)) 376@7

AI QuoteStatusReport app@3: 649 131 1166@6 117!@3-5 117@6 693@4 537 298@6 Parties TargetParties 336 625 Instrument!
  FinancingDetails UndInstrmtGrp 54@4 OrderQtyData@4 63@4 64 193 192 15 Stipulations@4 1 660@4 581 126@4 423@4 735(@4
  695) 132 133 645 646 647 134 648 135 62 188 190 189 191 631 632 633 634 60 40 642 643 656 657 156 12 13 582 100 44@4
  390@7 110@6 TrdRegTimestamps@7 479@7 1233@7 1238@7 497@7 775@7 528@7 529@7 1328@7 443@7 SpreadOrBenchmarkCurveData@4
  YieldData@4 555(@4 InstrumentLeg 687 685@5 690 587 588 LegStipulations NestedParties) 1133@5 297 300@6 58@4 354@4
  355@4

AG QuoteRequestReject app@3: 131! 644 658! 1171@6 1172@6 146(! Instrument! FinancingDetails UndInstrmtGrp 140 303 537
  336 625 229 Stipulations 54 854@4 465@3-3 OrderQtyData 63 64 193 192 15 1@4 660@4 581@4 555(@4 InstrumentLeg 687 690
  587 588 LegStipulations NestedParties LegBenchmarkCurveData 685@5 654@5) 735(@4 695) 692@4 40 126 60
  SpreadOrBenchmarkCurveData 423 44 640 YieldData Parties@4 443@7) 58 354 355 RootParties@6 1091@6

AN RequestForPositions app@4: 710! 724! 573 263 Parties! 1!@4-4 1@5 660 581!@4-4 581@5 Instrument 15 InstrmtLegGrp@4
  UndInstrmtGrp 715! 716 717 386( 336 625) 60! 725 726 120@5 64@7 58 354 355

AO RequestForPositionsAck app@4: 721! 710 727 325 728! 729! 724@5 573@5 715@5 263@5 716@5 717@5 120@5 Parties! 1!@4-4
  1@5 660 581!@4-4 581@5 Instrument 15 InstrmtLegGrp@4 UndInstrmtGrp 911@7 725 726 58 354 355

AP PositionReport app@4: ApplicationSequenceControl 721! 710 724 263 727 325 728!@4-4 728@5 715! 716 717 573@5
  Parties! 1!@4-4 1@5 660 581!@4-4 581@5 Instrument 15 730!@4-4 730@5 731!@4-4 731@5 734!@4-4 734@5 423@5 1011@5 120@5
  InstrmtLegGrp@4 711( UnderlyingInstrument 732!@4-4 732@5 733!@4-4 733@5 984(@5 985 986 987 988) 1037@5) PositionQty!
  PositionAmountData! 506 743 911@7 912@7 TrdRegTimestamps@7 FinancingDetails@7 64@7 60@7 1434@7 811@7 58 354 355

AL PositionMaintenanceRequest app@4: 710!@4-4 710@5 709! 712! 713 714 715! 716 717 Parties! 1!@4-4 1@5 660 581!@4-4
  581@5 Instrument! 15 InstrmtLegGrp@4 UndInstrmtGrp 386( 336 625) 60!@4-4 60@5 120@5 PositionAmountData@5 64@7
  PositionQty! 718 719 720 834 58 354 355

AM PositionMaintenanceReport app@4: 721! 709! 710 712! 713!@4-4 713@5 714@5 722! 723 715! 716 717 Parties 1!@4-4 1@5
  660 581!@4-4 581@5 Instrument! 15 InstrmtLegGrp@4 UndInstrmtGrp 386( 336 625) 60!@4-4 60@5 120@5 719@5 720@5 64@7
  PositionQty! PositionAmountData! 718 834 1328@7 979@7 58 354 355

AD TradeCaptureReportRequest app@3: 568! 569! 263 571@4 818@4 17 150@4 527@7 37 11 573 828@4 Parties Instrument
  InstrumentExtension FinancingDetails UndInstrmtGrp InstrmtLegGrp@4 580( 75 60 779@5) 715@4 336@4 625@4 943@4 54
  442@4 578 579 725@4 726@4 829@4 830@4 855@4 820@4 880@4 1003@5 1040@5 1041@5 1042@5 1123@5 1011@5 58 354 355

AQ TradeCaptureReportRequestAck app@4: 568! 569! 263 748 749! 750! Instrument! UndInstrmtGrp InstrmtLegGrp@4 442
  InstrumentExtension@7 725 726 1003@5 1040@5 1041@5 1042@5 1011@5 58 354 355

AE TradeCaptureReport app@3: ApplicationSequenceControl 571!@3-4 571@5 1003@5 1040@5 1041@5 1042@5 487!@3-3 487@4
  856@4 939@5 568 828@4 829@4 855@4 1123@5 1124@5 1125@5 1126@5 1127@5 830@4 150!@3-3 150@4 748@4 912@4 325@4 263@4
  572 881@4 818@4 820@4 880@4 17 19@7 39@4 527 378 570!@3-4 570@5 423@4 381@5 549@7 RootParties 1015@5 716@5 717@5
  Instrument! FinancingDetails OrderQtyData 854@4 YieldData@4 UndInstrmtGrp 822@4 823@4 32! 31! 1056@5 15@6 120@6
  669@4 194 195 1071@5 30 75!@3-5 75@6 715@4 6@4 SpreadOrBenchmarkCurveData@4 819@4 PositionAmountData@4 442@4 824@4
  555(@4 InstrumentLeg 687 690 990@5 1152@6 LegStipulations 564 565 NestedParties 654 566@3-4 587 588 637 675@5 685@7
  686@7 1073@5 1074@5 1075@5 1379@6 1381@6 1383@6 1384@6 1418@6) 60!@3-4 60@5 TrdRegTimestamps@4 63 64 987@5 573 574
  1115@5 552(! 54! 19@5 430@6 1154@6 1155@6 1093@5 1427@7 1428@7 1429@7 1506@7 1507@7 522@7 1158(@6 1164) 1072@5
  1057@5 1139@5 37!@3-4 37@5 198 11 526@4 66@4 1009@5 1005@5 1006@5 1007@5 83@5 1008@5 Parties 1!@3-3 1@4 660@4 581 81
  575 576( 577) 578 579 821@4 15 376 377 40@4 18@4 483 336 625 943@4 CommissionData 381@3-4 157 230 158 159 738@4
  920@4 921@4 922@4 238 237 118 119 120 155 156 77 58 354 355 752@4 442@3-3 ContAmtGrp Stipulations@4 MiscFeesGrp
  825@4 826@4 591@4 70@4 78(@4 79 661 736 467 NestedParties2 80 993@5 1002@5 989@5 1136@5 209@7 161@7 360@7 361@7)
  SideTrdRegTS@5 528 529 582 635@3-3) 797@4 852@4 853@4 994@5 1011@5 1132@5 1134@5 779@5 991@5 1188@6 1380@6 1190@6
  1382@6 1387(@6 1388 1389) 1390@6 1328@6 1329@6 1028@7 1430@7 1300@7 1301@7 InstrumentExtension@7 RateSource 631@7

BE UserRequest app@4: 923! 924! 553! 554 925 95 96 1400@6 1401@6 1402@6 1403@6 1404@6

BF UserResponse app@4: 923! 553! 926 927
"""
