"""The values that fields of the standard may have, and their names, by version; see `compact` for the notation.

The fields that FIX 4.0 to 4.2 began with.
A plus sign at the end says that the standard leaves room for values of one's own, by agreement.
"""

__all__ = ["ENUMERATIONS"]

ENUMERATIONS = """
4 B=Buy S=Sell T=Trade X=Cross;
5 N=New C=Cancel R=Replace;
13 1=PerUnit 2=Percent 3=Absolute 4=PercentageWaivedCashDiscount@3 5=PercentageWaivedEnhancedUnits@3
  6=PointsPerBondOrContract@3 7=BasisPoints@7 8=AmountPerContract@7;
18 0=StayOnOfferSide 1=NotHeld 2=Work 3=GoAlong 4=OverTheDay 5=Held 6=ParticipateDontInitiate 7=StrictScale
  8=TryToScale 9=StayOnBidSide A=NoCross B=OkToCross C=CallFirst D=PercentOfVolume E=DoNotIncrease F=DoNotReduce
  G=AllOrNone H=ReinstateOnSystemFailure@3 I=InstitutionsOnly J=ReinstateOnTradingHalt@3 K=CancelOnTradingHalt@3
  L=LastPeg M=MidPricePeg N=NonNegotiable O=OpeningPeg P=MarketPeg Q=CancelOnSystemFailure@3 R=PrimaryPeg S=Suspend
  T=FixedPegToLocalBestBidOrOfferAtTimeOfOrder@1 U=CustomerDisplayInstruction@1 V=Netting@1 W=PegToVwap@2
  X=TradeAlong@3 Y=TryToStop@3 Z=CancelIfNotBest@4 a=TrailingStopPeg@4 b=StrictLimit@4 c=IgnorePriceValidityChecks@4
  d=PegToLimitPrice@4 e=WorkToTargetStrategy@4 f=IntermarketSweep@4 g=ExternalRoutingAllowed@5
  h=ExternalRoutingNotAllowed@5 i=ImbalanceOnly@5 j=SingleExecutionRequestedForBlockTrade@5 k=BestExecution@5
  l=SuspendOnSystemFailure@6 m=SuspendOnTradingHalt@6 n=ReinstateOnConnectionLoss@6 o=CancelOnConnectionLoss@6
  p=SuspendOnConnectionLoss@6 q=ReleaseFromSuspension@6 r=ExecuteAsDeltaNeutral@6 s=ExecuteAsDurationNeutral@6
  t=ExecuteAsFxNeutral@6 u=MinimumGuaranteedFillEligible@7 v=BypassNonDisplayedLiquidity@7 w=Lock@7
  x=IgnoreNotionalValueChecks@7 y=TrdAtRefPx@7 z=AllowFacilitation@7;
20 0=New 1=Cancel 2=Correct 3=Status;
21 1=AutomatedExecutionNoIntervention 2=AutomatedExecutionInterventionOk 3=ManualOrder;
22,305,456,459,603,606,761,1096,1105,1217,1220,1333,1336 1=Cusip 2=Sedol 3=Quik 4=Isin 5=Ric 6=IsoCurrency@1
  7=IsoCountry@1 8=ExchangeSymbol@2 9=ConsolidatedTapeAssociation@2 A=BloombergSymbol@3 B=Wertpapier@3 C=Dutch@3
  D=Valoren@3 E=Sicovam@3 F=Belgian@3 G=CommonClearstreamEuroclear@3 H=ClearingHouseOrganization@4
  I=IsdaFpmlSpecification@4 J=OptionPriceReportingAuthority@4 K=IsdaFpmlUrl@5 L=LetterOfCredit@5
  M=MarketplaceAssignedIdentifier@6 N=MarkitRedEntityClip@7 P=MarkitRedPairClip@7 Q=CftcCommodityCode@7
  R=IsdaCommodityReferencePrice@7 S=FinancialInstrumentGlobalIdentifier@7 T=LegalEntityIdentifier@7 U=Synthetic@7
  V=FidessaInstrumentMnemonic@7 W=IndexName@7 X=UniformSymbol@7 Y=DigitalTokenIdentifier@7 +;
24 A=Autex B=Bridge +;
25 L=Low M=Medium H=High;
27 S=Small M=Medium L=Large U=UndisclosedQuantity@5 +;
28 N=New C=Cancel R=Replace;
29 1=Agent 2=CrossAsAgent 3=CrossAsPrincipal 4=Principal 5=RisklessPrincipal@7;
39 0=New 1=PartiallyFilled 2=Filled 3=DoneForDay 4=Canceled 5=Replaced 6=PendingCancel 7=Stopped 8=Rejected
  9=Suspended A=PendingNew B=Calculated C=Expired D=AcceptedForBidding@2 E=PendingReplace@1;
40 1=Market 2=Limit 3=Stop 4=StopLimit 5=MarketOnClose 6=WithOrWithout 7=LimitOrBetter 8=LimitWithOrWithout 9=OnBasis
  A=OnClose B=LimitOnClose C=ForexMarket D=PreviouslyQuoted E=PreviouslyIndicated F=ForexLimit@1 G=ForexSwap@1
  H=ForexPreviouslyQuoted@1 I=Funari@2 J=MarketIfTouched@3 K=MarketWithLeftOverAsLimit@3
  L=PreviousFundValuationPoint@3 M=NextFundValuationPoint@3 P=Pegged Q=CounterOrderSelection@5 R=StopOnBidOrOffer@7
  S=StopLimitOnBidOrOffer@7;
47 A=AgencySingleOrder B=ShortExemptTransactionA@1 C=ProgramOrderNonIndexArbForMember D=ProgramOrderIndexArbForMember
  E=ShortExemptForPrincipal@1 F=ShortExemptTransactionF@1 H=ShortExemptTransactionH@1 I=IndividualInvestor
  J=ProgramOrderIndexArbForIndividualCustomer K=ProgramOrderNonIndexArbForIndividualCustomer
  L=ShortExemptForCompetingMarketMakerProprietary@1 M=ProgramOrderIndexArbForOtherMember
  N=ProgramOrderNonIndexArbForOtherMember O=CompetingDealerProprietary@1 P=Principal@1 R=CompetingDealerCompeting@1
  S=SpecialistTrades@1 T=CompetingDealerOther@1 U=ProgramOrderIndexArbForOtherAgency
  W=AllOtherOrdersAsAgentForOtherMember X=ShortExemptNotAffiliatedWithClearingFirm@1
  Y=ProgramOrderNonIndexArbForOtherAgency Z=ShortExemptForNonMember@1;
54 1=Buy 2=Sell 3=BuyMinus 4=SellPlus 5=SellShort 6=SellShortExempt 7=Undisclosed@1 8=Cross@1 9=CrossShort@2
  A=CrossShortExempt@3 B=AsDefined@3 C=Opposite@3 D=Subscribe@4 E=Redeem@4 F=Lend@4 G=Borrow@4 H=SellUndisclosed@7;
59 0=Day 1=GoodTillCancel 2=AtTheOpening 3=ImmediateOrCancel 4=FillOrKill 5=GoodTillCrossing 6=GoodTillDate
  7=AtTheClose@3 8=GoodThroughCrossing@5 9=AtCrossing@5 A=GoodForTime@7 B=GoodForAuction@7 C=GoodForMonth@7;
61 0=Normal 1=Flash 2=Background;
63,587 0=Regular 1=Cash 2=NextDay 3=TPlus2 4=TPlus3 5=TPlus4 6=Future 7=WhenIssued 8=SellersOption 9=TPlus5 A=TPlus1@3
  B=BrokenDate@5 C=FxSpotNextSettlement@5 +;
65 WI=WhenIssued@4 CD=EucpWithLumpSumInterest@4 +;
71 0=New 1=Replace 2=Cancel 3=Preliminary 4=Calculated 5=CalculatedWithoutPreliminary 6=Reversal@5;
77,564,1047 O=Open@1 C=Close@1 R=Rolled@3 F=Fifo@3 N=CloseButNotifyOnOpen@6 D=Default@6;
81 0=Regular 1=SoftDollar 2=StepIn 3=StepOut 4=SoftDollarStepIn 5=SoftDollarStepOut 6=PlanSponsor;
87 0=Accepted 1=BlockLevelReject 2=AccountLevelReject 3=Received 4=Incomplete@4 5=RejectedByIntermediary@4
  6=AllocationPending@5 7=Reversed@5 8=CancelledByIntermediary@7 9=Claimed@7 10=Refused@7 11=PendingGiveUpApproval@7
  12=Cancelled@7 13=PendingTakeUpApproval@7 14=ReversalPending@7;
88,776 0=UnknownAccount 1=IncorrectQuantity 2=IncorrectAveragePrice 3=UnknownExecutingBrokerMnemonic
  4=CommissionDifference 5=UnknownOrderID 6=UnknownListID 7=Other 8=IncorrectAllocatedQuantity@4
  9=CalculationDifference@4 10=UnknownOrStaleExecID@4 11=MismatchedData@4 12=UnknownClOrdID@4
  13=WarehouseRequestRejected@4 99=OtherReason@5 +;
94 0=New 1=Reply 2=AdminReply;
98 0=None 1=Pkcs 2=Des 3=PkcsDes 4=PgpDes 5=PgpDesMd5 6=PemDesMd5;
102 0=TooLateToCancel 1=UnknownOrder 2=BrokerOption@2 3=AlreadyPendingCancelOrReplace@2 4=UnableToProcessMassCancel@3
  5=OrigOrdModTimeMismatch@3 6=DuplicateClOrdID@3 7=PriceExceedsCurrentPrice@5 8=PriceExceedsCurrentPriceBand@5
  18=InvalidPriceIncrement@5 99=Other@4 +;
103 0=BrokerOption 1=UnknownSymbol 2=ExchangeClosed 3=OrderExceedsLimit 4=TooLateToEnter 5=UnknownOrder@1
  6=DuplicateOrder@1 7=DuplicateOfVerballyCommunicatedOrder@2 8=StaleOrder@2 9=TradeAlongRequired@3
  10=InvalidInvestorID@3 11=UnsupportedOrderCharacteristic@3 12=SurveillanceOption@3 13=IncorrectQuantity@4
  14=IncorrectAllocatedQuantity@4 15=UnknownAccount@4 16=PriceExceedsCurrentPriceBand@5 18=InvalidPriceIncrement@5
  99=Other@4 +;
104 A=AllOrNone B=MarketOnClose@2 C=AtTheClose D=Vwap@2 I=InTouchWith L=Limit M=MoreBehind O=AtTheOpen
  P=TakingAPosition Q=AtTheMarket R=ReadyToTrade@2 S=PortfolioShown T=ThroughTheDay V=Versus W=IndicationWorkingAway
  X=CrossingOpportunity Y=AtTheMidpoint@1 Z=PreOpen@1 1=QuantityNegotiable@7 2=AllowLateBids@7 3=ImmediateOrCounter@7
  4=AutoTrade@7 +;
125 F=FullRemainingQuantity P=PartialCancel;
127 A=UnknownSymbol B=WrongSide C=QuantityExceedsOrder D=NoMatchingOrder E=PriceExceedsLimit F=CalculationDifference@4
  Z=Other +;
139 1=Regulatory 2=Tax 3=LocalCommission 4=ExchangeFees 5=Stamp 6=Levy 7=Other 8=Markup@1 9=ConsumptionTax@2
  10=PerTransaction@4 11=Conversion@4 12=Agent@4 13=TransferFee@5 14=SecurityLending@5 15=TradeReporting@7
  16=TaxOnPrincipalAmount@7 17=TaxOnAccruedInterestAmount@7 18=NewIssuanceFee@7 19=ServiceFee@7 20=OddLotFee@7
  21=AuctionFee@7 22=ValueAddedTax@7 23=SalesTax@7 24=ExecutionVenueFee@7 25=OrderEntryFee@7 26=OptionPremiumFee@7
  27=CollateralManagementFee@7 +;
150 0=New 1=PartialFill@0-3 2=Fill@0-3 3=DoneForDay 4=Canceled 5=Replaced 6=PendingCancel 7=Stopped 8=Rejected
  9=Suspended A=PendingNew B=Calculated C=Expired D=Restated@2 E=PendingReplace F=Trade@3 G=TradeCorrect@3
  H=TradeCancel@3 I=OrderStatus@3 J=TradeInAClearingHold@4 K=TradeHasBeenReleasedToClearing@4
  L=TriggeredOrActivatedBySystem@4 M=Locked@7 N=Released@7;
156 M=Multiply D=Divide;
160 0=Default 1=StandingInstructionsProvided 2=SpecificAllocationAccountOverriding 3=SpecificAllocationAccountStanding
  4=SpecificOrderForASingleAccount@3 5=RequestReject@4;
163 N=New C=Cancel R=Replace T=Restate@4;
165 1=BrokersInstructions 2=InstitutionsInstructions 3=Investor@3;
167,310,609,1249,1337 ?=WildcardEntry@2 ABS=AssetBackedSecurities@3 AMENDED=AmendedAndRestated@3
  AN=OtherAnticipationNotes@3 BA=BankersAcceptance BN=BankNotes@3 BOX=BillOfExchanges@3 BRADY=BradyBond@3
  BRIDGE=BridgeLoan@3 BUYSELL=BuySellback@4 CAN=CanadianMoneyMarkets@6 CB=ConvertibleBond CD=CertificateOfDeposit
  CDS=CreditDefaultSwap@6 CL=CallLoans@3 CMB=CanadianMortgageBonds@5 CMBS=CorpMortgageBackedSecurities@3
  CMO=CollateralizedMortgageObligation COFO=CertificateOfObligation@3 COFP=CertificateOfParticipation@3
  CORP=CorporateBond CP=CommercialPaper CPP=CorporatePrivatePlacement CS=CommonStock CTB=CanadianTreasuryBills@5
  DEFLTED=Defaulted@3 DINP=DebtorInPossession@3 DN=DepositNotes@3 DUAL=DualCurrency@3 EUCD=EuroCertificateOfDeposit@3
  EUCORP=EuroCorporateBond@3 EUCP=EuroCommercialPaper@3 EUFRN=EuroCorporateFloatingRateNotes@5 EUSOV=EuroSovereigns@4
  EUSUPRA=EuroSupranationalCoupons@4 FAC=FederalAgencyCoupon@3 FADN=FederalAgencyDiscountNote@3
  FHA=FederalHousingAuthority@1-3 FHL=FederalHomeLoan@1-3 FN=FederalNationalMortgageAssociation@1-3
  FOR=ForeignExchangeContract FORWARD=Forward@4 FRN=UsCorporateFloatingRateNotes@5 FUT=Future FXFWD=FxForward@7
  FXNDF=NonDeliverableForward@6 FXSPOT=FxSpot@6 FXSWAP=FxSwap@7 GN=GovernmentNationalMortgageAssociation@1-3
  GO=GeneralObligationBonds@3 GOVT=Treasuries@1-3 IET=IoetteMortgage LOFC=LetterOfCredit@3 LQN=LiquidityNote@3
  MATURED=Matured@3 MBS=MortgageBackedSecurities@3 MF=MutualFund MIO=MortgageInterestOnly MLEG=MultilegInstrument@3
  MPO=MortgagePrincipalOnly MPP=MortgagePrivatePlacement MPT=MiscellaneousPassThrough MT=MandatoryTender@3
  MTN=MediumTermNotes@3 MUNI=MunicipalBond@1-3 NONE=NoSecurityType ONITE=Overnight@3 OOF=OptionsOnFutures@5
  OOP=OptionsOnPhysical@5 OPT=Option PEF=PrivateExportFunding@3 PFAND=Pfandbriefe@3 PN=PromissoryNote@3
  POOL=AgencyPools@3 PS=PreferredStock PZFJ=PlazosFijos@3 RAN=RevenueAnticipationNote@3 REPLACD=Replaced@3
  REPO=Repurchase@4 RETIRED=Retired@3 REV=RevenueBonds@3 RP=RepurchaseAgreement@1-3 RVLV=RevolverLoan@3
  RVLVTRM=RevolverTermLoan@3 RVRP=ReverseRepurchaseAgreement@1-3 SECLOAN=SecuritiesLoan@4 SECPLEDGE=SecuritiesPledge@4
  SL=StudentLoanMarketingAssociation@1-3 SPCLA=SpecialAssessment@3 SPCLO=SpecialObligation@3 SPCLT=SpecialTax@3
  STN=ShortTermLoanNote@3 STRUCT=StructuredNotes@3 SUPRA=UsdSupranationalCoupons@4 SWING=SwingLineFacility@3
  TAN=TaxAnticipationNote@3 TAXA=TaxAllocation@3 TB=NonUsTreasuryBill@5 TBA=ToBeAnnounced@3 TBILL=UsTreasuryBill@3
  TBOND=UsTreasuryBond@3 TCAL=PrincipalStripOfACallableBondOrNote@3 TD=TimeDeposit TECP=TaxExemptCommercialPaper@3
  TERM=TermLoan@3 TINT=InterestStripFromAnyBondOrNote@3 TIPS=TreasuryInflationProtectedSecurities@3
  TLQN=TermLiquidityNote@5 TMCP=TaxableMunicipalCP@4 TNOTE=UsTreasuryNote@3
  TPRN=PrincipalStripFromANonCallableBondOrNote@3 TRAN=TaxRevenueAnticipationNote@3 UST=UsTreasuryNoteDeprecated@3
  USTB=UsTreasuryBillDeprecated@1 VRDN=VariableRateDemandNote@3 WAR=Warrant WITHDRN=Withdrawn@3 XCN=ExtendedCommNote@3
  XLINKD=IndexedLinked@3 BDN=BankDepositoryNote@6 CAMM=CanadianMoneyMarketsDeprecated@6 CASH=Cash@5
  IRS=InterestRateSwap@6 OOC=OptionsOnCombo@6 PROV=CanadianProvincialBonds@6 SLQN=SecuredLiquidityNote@6 CAP=Cap@7
  CFD=ContractForDifference@7 CLLR=Collar@7 CMDTYSWAP=CommoditySwap@7 DIGITAL=DigitalAsset@7 DR=DepositoryReceipts@7
  EQFWD=EquityForward@7 ETC=ExchangeTradedCommodity@7 ETF=ExchangeTradedFund@7 ETN=ExchangeTradedNote@7
  EXOTIC=Exotic@7 FLR=Floor@7 FRA=ForwardRateAgreement@7 FWD=DerivativeForward@7 FXNDS=NonDeliverableSwap@7
  INDEX=Index@7 MMF=MoneyMarketFund@7 Other=Other@7 RTRNSWAP=ReturnSwap@7 SECDERIV=SecuritizedDerivative@7
  SOV=SovereignBond@7 SPOTFWD=SpotForward@7 SPREADBET=SpreadBetting@7 SWAPTION=SwapOption@7 TRS=TotalReturnSwap@7
  VARSWAP=VarianceSwap@7 WLD=WildcardEntry@5-5 YANK=YankeeCorporateBond@3 YCD=YankeeCertificateOfDeposit@3
  ZOO=CatsTigersAndLions@1-3;
169 0=Other 1=DtcSid 2=ThomsonAlert 3=AGlobalCustodian 4=AccountNet@4;
172 0=VersusPayment 1=Free 2=TriParty@4 3=HoldInCustody@4;
197 0=FxNetting 1=FxSwap;
201,315,1323,1343,1358 0=Put 1=Call 2=Other@7 3=Chooser@7;
203,565 0=Covered 1=Uncovered;
204 0=Customer 1=Firm;
209 1=Match 2=Forward 3=ForwardAndMatch 4=AutoClaimGiveUp@7;
216 1=TargetFirm 2=TargetList 3=BlockFirm 4=BlockList 5=TargetPerson@7 6=BlockPerson@7;
219 1=Curve 2=FiveYear 3=Old5 4=TenYear 5=Old10 6=ThirtyYear 7=Old30 8=ThreeMonthLibor 9=SixMonthLibor;
221 MuniAAA=MuniAaa FutureSWAP=FutureSwap LIBID=Libid LIBOR=Libor OTHER=Other SWAP=Swap Treasury=Treasury
  Euribor=Euribor Pfandbriefe=Pfandbriefe EONIA=Eonia@4 SONIA=Sonia@4 EUREPO=Eurepo@4 +;
263 0=Snapshot 1=SnapshotPlusUpdates 2=DisablePreviousSnapshotPlusUpdateRequest;
265 0=FullRefresh 1=IncrementalRefresh;
269 0=Bid 1=Offer 2=Trade 3=IndexValue 4=OpeningPrice 5=ClosingPrice 6=SettlementPrice 7=TradingSessionHighPrice
  8=TradingSessionLowPrice 9=TradingSessionVwapPrice A=Imbalance@3 B=TradeVolume@4 C=OpenInterest@4
  D=CompositeUnderlyingPrice@5 E=SimulatedSellPrice@5 F=SimulatedBuyPrice@5 G=MarginRate@5 H=MidPrice@5 J=EmptyBook@5
  K=SettleHighPrice@5 L=SettleLowPrice@5 M=PriorSettlePrice@5 N=SessionHighBid@5 O=SessionLowOffer@5 P=EarlyPrices@5
  Q=AuctionClearingPrice@5 R=DailyValueAdjustmentForLongPositions@6 S=SwapValueFactor@6 T=CumulativeValueAdjustment@6
  U=DailyValueAdjustmentForShortPositions@6 V=CumulativeValueAdjustmentForShortPositions@6 W=FixingPrice@6
  X=CashRate@6 Y=RecoveryRate@7 Z=RecoveryRateForLong@7 a=RecoveryRateForShort@7 b=MarketBid@7 c=MarketOffer@7
  d=ShortSaleMinPrice@7 e=PreviousClosingPrice@7 g=ThresholdLimitPriceBanding@7 h=DailyFinancingValue@7
  i=AccruedFinancingValue@7 t=Twap@7;
274 0=PlusTick 1=ZeroPlusTick 2=MinusTick 3=ZeroMinusTick;
276 A=OpenActive B=ClosedInactive C=ExchangeBest D=ConsolidatedBest E=Locked F=Crossed G=Depth H=FastTrading I=NonFirm
  +;
277 A=CashMarket B=AveragePriceTrade C=CashTrade D=NextDayTrade E=Opening F=IntradayTradeDetail G=Rule127Trade
  H=Rule155Trade I=SoldLast J=NextDay K=Opened L=Seller M=Sold N=StoppedStock +;
279 0=New 1=Change 2=Delete 3=DeleteThru@5 4=DeleteFrom@5 5=Overlay@5;
281 0=UnknownSymbol 1=DuplicateMDReqID 2=InsufficientBandwidth 3=InsufficientPermissions
  4=UnsupportedSubscriptionRequestType 5=UnsupportedMarketDepth 6=UnsupportedMDUpdateType 7=UnsupportedAggregatedBook
  8=UnsupportedMDEntryType 9=UnsupportedTradingSessionID@3 A=UnsupportedScope@3 B=UnsupportedOpenCloseSettleFlag@3
  C=UnsupportedMDImplicitDelete@3 D=InsufficientCredit@5;
285 0=Cancellation 1=Error;
286 0=DailyOpen 1=SessionOpen 2=DeliverySettlementEntry 3=ExpectedEntry@3 4=EntryFromPreviousBusinessDay@3
  5=TheoreticalPriceValue@4;
291 1=Bankrupt 2=PendingDelisting@3 3=Restricted@5;
292 A=ExDividend B=ExDistribution C=ExRights D=New E=ExInterest F=CashDividend@5 G=StockDividend@5
  H=NonIntegerStockSplit@5 I=ReverseStockSplit@5 J=StandardIntegerStockSplit@5 K=PositionConsolidation@5
  L=LiquidationReorganization@5 M=MergerReorganization@5 N=RightsOffering@5 O=ShareholderMeeting@5 P=Spinoff@5
  Q=TenderOffer@5 R=Warrant@5 S=SpecialAction@5 T=SymbolConversion@5 U=CusipOrNameChange@5 V=LeapRollover@5
  W=SuccessionEvent@6;
297 0=Accepted 1=CanceledForSymbol 2=CanceledForSecurityType 3=CanceledForUnderlying 4=CanceledAll 5=Rejected
  6=RemovedFromMarket@3 7=Expired@3 8=Query@3 9=QuoteNotFound@3 10=Pending@3 11=Pass@4 12=LockedMarketWarning@4
  13=CrossMarketWarning@4 14=CanceledDueToLockMarket@4 15=CanceledDueToCrossMarket@4 16=Active@5 17=Canceled@6
  18=UnsolicitedQuoteReplenishment@6 19=PendingEndTrade@6 20=TooLateToEnd@6 +;
298 1=CancelForOneOrMoreSecurities 2=CancelForSecurityType 3=CancelForUnderlyingSecurity 4=CancelAllQuotes
  5=CancelQuoteSpecifiedInQuoteID@5 6=CancelByQuoteType@7 7=CancelForSecurityIssuer@7
  8=CancelForIssuerOfUnderlyingSecurity@7;
300,368 1=UnknownSymbol 2=Exchange 3=QuoteRequestExceedsLimit 4=TooLateToEnter 5=UnknownQuote 6=DuplicateQuote
  7=InvalidBidAskSpread 8=InvalidPrice 9=NotAuthorizedToQuoteSecurity 10=PriceExceedsCurrentPriceBand@6
  11=QuoteLocked@6 12=InvalidOrUnknownSecurityIssuer@7 13=InvalidOrUnknownIssuerOfUnderlyingSecurity@7 99=Other@4 +;
301 0=NoAcknowledgement 1=AcknowledgeOnlyNegativeOrErroneousQuotes 2=AcknowledgeEachQuoteMessage
  3=SummaryAcknowledgement@6;
303 1=Manual 2=Automatic 3=ConfirmQuote@7;
321 0=RequestSecurityIdentityAndSpecifications 1=RequestSecurityIdentityForSpecifications 2=RequestListSecurityTypes
  3=RequestListSecurities 4=Symbol@5 5=SecurityTypeAndOrCFICode@5 6=Product@5 7=TradingSessionID@5 8=AllSecurities@5
  9=MarketIDOrMarketIDPlusMarketSegmentID@6;
323 1=AcceptAsIs 2=AcceptWithRevisions 3=ListOfSecurityTypesReturned 4=ListOfSecuritiesReturned
  5=RejectSecurityProposal 6=CannotMatchSelectionCriteria;
326 1=OpeningDelay 2=TradingHalt 3=Resume 4=NoOpenNoResume 5=PriceIndication 6=TradingRangeIndication
  7=MarketImbalanceBuy 8=MarketImbalanceSell 9=MarketOnCloseImbalanceBuy 10=MarketOnCloseImbalanceSell
  12=NoMarketImbalance 13=NoMarketOnCloseImbalance 14=ItsPreOpening 15=NewPriceIndication 16=TradeDisseminationTime
  17=ReadyToTrade 18=NotAvailableForTrading 19=NotTradedOnThisMarket 20=UnknownOrInvalid 21=PreOpen@3
  22=OpeningRotation@3 23=FastMarket@3 24=PreCross@5 25=Cross@5 26=PostClose@6 27=NoCancel@7 +;
327 I=OrderImbalance@2-6 X=EquipmentChangeover@2-6 P=NewsPending@2-6 D=NewsDissemination@2-6 E=OrderInflux@2-6
  M=AdditionalInformation@2-6 0=NewsDissemination@7 1=OrderInflux@7 2=OrderImbalance@7 3=AdditionalInformation@7
  4=NewsPending@7 5=EquipmentChangeover@7 +;
334 1=Cancel 2=Error 3=Correction;
336 1=Day@6 2=HalfDay@6 3=Morning@6 4=Afternoon@6 5=Evening@6 6=AfterHours@6 7=Holiday@7 +;
338 1=Electronic 2=OpenOutcry 3=TwoParty +;
339 1=Testing 2=Simulated 3=Production +;
340 0=Unknown@3 1=Halted 2=Open 3=Closed 4=PreOpen 5=PreClose 6=RequestRejected@3 +;
347 ISO-2022-JP=Iso2022Jp EUC-JP=EucJp Shift_JIS=ShiftJis UTF-8=Utf8 +;
373 0=InvalidTagNumber 1=RequiredTagMissing 2=TagNotDefinedForThisMessageType 3=UndefinedTag
  4=TagSpecifiedWithoutAValue 5=ValueIsIncorrect 6=IncorrectDataFormatForValue 7=DecryptionProblem 8=SignatureProblem
  9=CompIDProblem 10=SendingTimeAccuracyProblem 11=InvalidMsgType 12=XmlValidationError@3 13=TagAppearsMoreThanOnce@3
  14=TagSpecifiedOutOfRequiredOrder@3 15=RepeatingGroupFieldsOutOfOrder@3
  16=IncorrectNumInGroupCountForRepeatingGroup@3 17=NonDataValueIncludesFieldDelimiter@3
  18=InvalidUnsupportedApplicationVersion@5 99=Other@4 +;
374 N=New C=Cancel;
378 0=GtCorporateAction 1=GtRenewal 2=VerbalChange 3=RepricingOfOrder 4=BrokerOption 5=PartialDeclineOfOrderQty
  6=CancelOnTradingHalt@4 7=CancelOnSystemFailure@4 8=MarketOption@4 9=CanceledNotBest@4 10=WarehouseRecap@4
  11=PegRefresh@6 12=CancelOnConnectionLoss@7 13=CancelOnLogout@7 14=AssignTimePriority@7 99=Other@4 +;
380 0=Other 1=UnknownID 2=UnknownSecurity 3=UnsupportedMessageType 4=ApplicationNotAvailable
  5=ConditionallyRequiredFieldMissing 6=NotAuthorized@4 7=DeliverToFirmNotAvailableAtThisTime@4
  18=InvalidPriceIncrement@6 +;
385 S=Send R=Receive;
388 0=RelatedToDisplayedPrice 1=RelatedToMarketPrice 2=RelatedToPrimaryPrice 3=RelatedToLocalPrimaryPrice
  4=RelatedToMidpointPrice 5=RelatedToLastTradePrice 6=RelatedToVwap 7=AveragePriceGuarantee@5;
394 1=NonDisclosed 2=Disclosed 3=NoBiddingProcess;
399 1=Sector 2=Country 3=Index;
401 1=SideValue1 2=SideValue2;
409 1=FiveDayMovingAverage 2=TwentyDayMovingAverage 3=NormalMarketSize 4=Other;
411 Y=Yes N=No;
414 1=BuySideRequests 2=SellSideSends 3=RealTimeExecutionReports;
416 1=Net 2=Gross;
418 R=RiskTrade G=VwapGuarantee A=Agency J=GuaranteedClose;
419 2=ClosingPriceAtMorningSession 3=ClosingPrice 4=CurrentPrice 5=SQ 6=VwapThroughADay 7=VwapThroughAMorningSession
  8=VwapThroughAnAfternoonSession 9=VwapThroughADayExceptYori A=VwapThroughAMorningSessionExceptYori
  B=VwapThroughAnAfternoonSessionExceptYori C=Strike D=Open Z=Others;
423 1=Percentage 2=PerUnit 3=FixedAmount 4=Discount@3 5=Premium@3 6=Spread@3 7=TedPrice@3 8=TedYield@3 9=Yield@4
  10=FixedCabinetTradePrice@4 11=VariableCabinetTradePrice@4 13=ProductTicksInHalves@5 14=ProductTicksInFourths@5
  15=ProductTicksInEights@5 16=ProductTicksInSixteenths@5 17=ProductTicksInThirtySeconds@5
  18=ProductTicksInSixtyFourths@5 19=ProductTicksInOneTwentyEights@5 20=NormalRateRepresentation@7
  21=InverseRateRepresentation@7 22=BasisPoints@7 23=UpfrontPoints@7 24=InterestRate@7 25=PercentageOfNotional@7 +;
427 0=BookOutAllTradesOnDayOfExecution 1=AccumulateUntilFilledOrExpired 2=AccumulateUntilVerballyNotifiedOtherwise;
429 1=Ack 2=Response 3=Timed 4=ExecStarted 5=AllDone 6=Alert;
430 1=Net 2=Gross;
431 1=InBiddingProcess 2=ReceivedForExecution 3=Executing 4=Cancelling 5=Alert 6=AllDone 7=Reject;
433 1=Immediate 2=WaitForInstruction 3=SellDriven@3 4=BuyDrivenCashTopUp@3 5=BuyDrivenCashWithdraw@3;
434 1=OrderCancelRequest 2=OrderCancelReplaceRequest
"""
