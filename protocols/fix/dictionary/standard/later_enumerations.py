"""The values that fields of the standard may have, and their names, by version; see `compact` for the notation.

The fields that came with FIX 4.3 and after it.
A plus sign at the end says that the standard leaves room for values of one's own, by agreement.
"""

__all__ = ["LATER_ENUMERATIONS"]

LATER_ENUMERATIONS = """
442 1=SingleSecurity 2=IndividualLegOfAMultiLegSecurity 3=MultiLegSecurity;
447,525,758,783,950,1050,1060,1118,1294,1416,1463 1=KoreanInvestorID 2=TaiwaneseQualifiedForeignInvestorID
  3=TaiwaneseTradingAccount 4=MalaysianCentralDepository 5=ChineseInvestorID 6=UkNationalInsuranceOrPensionNumber
  7=UsSocialSecurityNumber 8=UsEmployerOrTaxIDNumber 9=AustralianBusinessNumber A=AustralianTaxFileNumber B=Bic
  C=GeneralIdentifier D=Proprietary E=IsoCountryCode F=SettlementEntityLocation G=Mic@4 H=CsdParticipant@4
  I=IsitcAcronym@4 J=TaxID@7 K=AustralianCompanyNumber@7 L=AustralianRegisteredBodyNumber@7
  M=CftcReportingFirmIdentifier@7 N=LegalEntityIdentifier@7 O=InterimIdentifier@7 P=ShortCodeIdentifier@7
  Q=NationalIDOfNaturalPerson@7 R=IndiaPermanentAccountNumber@7 S=FirmDesignatedIdentifier@7
  T=SpecialSegregationAccount@7 U=MasterSpecialAccount@7;
452,538,759,784,951,1051,1061,1119,1295,1388,1417,1464,1509 1=ExecutingFirm 2=BrokerOfCredit 3=ClientID 4=ClearingFirm
  5=InvestorID 6=IntroducingFirm 7=EnteringFirm 8=LocateLendingFirm 9=FundManagerClientID 10=SettlementLocation
  11=OrderOriginationTrader 12=ExecutingTrader 13=OrderOriginationFirm 14=GiveupClearingFirm
  15=CorrespondantClearingFirm 16=ExecutingSystem 17=ContraFirm 18=ContraClearingFirm 19=SponsoringFirm
  20=UnderlyingContraFirm 21=ClearingOrganization@4 22=Exchange@4 24=CustomerAccount@4
  25=CorrespondentClearingOrganization@4 26=CorrespondentBroker@4 27=BuyerSeller@4 28=Custodian@4 29=Intermediary@4
  30=Agent@4 31=SubCustodian@4 32=Beneficiary@4 33=InterestedParty@4 34=RegulatoryBody@4 35=LiquidityProvider@4
  36=EnteringTrader@4 37=ContraTrader@4 38=PositionAccount@4 +;
460,462,607,1246 1=Agency 2=Commodity 3=Corporate 4=Currency 5=Equity 6=Government 7=Index 8=Loan 9=Moneymarket
  10=Mortgage 11=Municipal 12=Other 13=Financing@4;
465 1=Shares 2=Bonds 3=CurrentFace 4=OriginalFace 5=Currency 6=Contracts 7=Other 8=Par;
468 0=RoundToNearest 1=RoundDown 2=RoundUp;
477 1=Crest 2=Nscc 3=Euroclear 4=Clearstream 5=Cheque 6=TelegraphicTransfer 7=FedWire 8=DirectCredit 9=AchCredit
  10=Bpay 11=HighValueClearingSystemHvacs 12=ReinvestInFund +;
480 Y=Yes N=NoExecutionOnly M=NoWaiverAgreement O=NoInstitutional;
481 Y=Passed N=NotChecked 1=ExemptBelowTheLimit 2=ExemptClientMoneyTypeExemption
  3=ExemptAuthorisedCreditOrFinancialInstitution;
484 B=BidPrice C=CreationPrice D=CreationPricePlusAdjustmentPercent E=CreationPricePlusAdjustmentAmount O=OfferPrice
  P=OfferPriceMinusAdjustmentPercent Q=OfferPriceMinusAdjustmentAmount S=SinglePrice;
487 0=New@4 1=Cancel@4 2=Replace@4 3=Release@4 4=Reverse@4 5=CancelDueToBackOutOfTrade@5 N=New@3-3 C=Cancel@3-3
  R=Replace@3-3;
492 1=Crest 2=Nscc 3=Euroclear 4=Clearstream 5=Cheque 6=TelegraphicTransfer 7=FedWire 8=DebitCard 9=DirectDebit
  10=DirectCredit 11=CreditCard 12=AchDebit 13=AchCredit 14=Bpay 15=HighValueClearingSystem +;
497 Y=Yes N=No;
506 A=Accepted R=Rejected H=Held N=Reminder;
514 0=New 1=Replace 2=Cancel;
517 J=JointInvestors T=TenantsInCommon 2=JointTrustees;
519 1=CommissionAmount 2=CommissionPercent 3=InitialChargeAmount 4=InitialChargePercent 5=DiscountAmount
  6=DiscountPercent 7=DilutionLevyAmount 8=DilutionLevyPercent 9=ExitChargeAmount 10=ExitChargePercent
  11=FundBasedRenewalCommissionPercent 12=ProjectedFundValue 13=FundBasedRenewalCommissionAmountOrder
  14=FundBasedRenewalCommissionAmountProjected 15=NetSettlementAmount;
522 1=IndividualInvestor 2=PublicCompany 3=PrivateCompany 4=IndividualTrustee 5=CompanyTrustee 6=PensionPlan
  7=CustodianUnderGiftsToMinorsAct 8=Trusts 9=Fiduciaries 10=NetworkingSubAccount 11=NonProfitOrganization
  12=CorporateBody 13=Nominee +;
528 A=Agency G=Proprietary I=Individual P=Principal R=RisklessPrincipal W=AgentForOtherMember M=MixedCapacity@7;
529 1=ProgramTrade 2=IndexArbitrage 3=NonIndexArbitrage 4=CompetingMarketMaker
  5=ActingAsMarketMakerOrSpecialistInTheSecurity 6=ActingAsMarketMakerOrSpecialistInTheUnderlying 7=ForeignEntity
  8=ExternalMarketParticipant 9=ExternalInterConnectedMarketLinkage A=RisklessArbitrage B=IssuerHolding@6
  C=IssuePriceStabilization@6 D=NonAlgorithmic@6 E=Algorithmic@6 F=Cross@7 G=InsiderAccount@7
  H=SignificantShareholder@7 I=NormalCourseIssuerBid@7;
530 1=CancelOrdersForASecurity 2=CancelOrdersForAnUnderlyingSecurity 3=CancelOrdersForAProduct
  4=CancelOrdersForACFICode 5=CancelOrdersForASecurityType 6=CancelOrdersForATradingSession 7=CancelAllOrders
  8=CancelOrdersForAMarket@6 9=CancelOrdersForAMarketSegment@6 A=CancelOrdersForASecurityGroup@6
  B=CancelForSecurityIssuer@7 C=CancelForIssuerOfUnderlyingSecurity@7;
531 0=CancelRequestRejected 1=CancelOrdersForASecurity 2=CancelOrdersForAnUnderlyingSecurity 3=CancelOrdersForAProduct
  4=CancelOrdersForACFICode 5=CancelOrdersForASecurityType 6=CancelOrdersForATradingSession 7=CancelAllOrders
  8=CancelOrdersForAMarket@6 9=CancelOrdersForAMarketSegment@6 A=CancelOrdersForASecurityGroup@6
  B=CancelOrdersForASecurityIssuer@7 C=CancelOrdersForIssuerOfUnderlyingSecurity@7;
532 0=MassCancelNotSupported 1=InvalidOrUnknownSecurity 2=InvalidOrUnknownUnderlyingSecurity 3=InvalidOrUnknownProduct
  4=InvalidOrUnknownCFICode 5=InvalidOrUnknownSecurityType 6=InvalidOrUnknownTradingSession 7=InvalidOrUnknownMarket@6
  8=InvalidOrUnknownMarketSegment@6 9=InvalidOrUnknownSecurityGroup@6 10=InvalidOrUnknownSecurityIssuer@7
  11=InvalidOrUnknownIssuerOfUnderlyingSecurity@7 99=Other@4 +;
537 0=Indicative 1=Tradeable 2=RestrictedTradeable 3=Counter@4 4=InitiallyTradeable@7;
544 1=Cash 2=MarginOpen 3=MarginClose;
546 1=LocalMarket 2=National 3=Global;
549 1=CrossAON 2=CrossIOC 3=CrossOneSide 4=CrossSamePrice 5=BasisCross@7 6=ContingentCross@7 7=VwapCross@7
  8=StsCross@7 9=CustomerToCustomerCross@7;
550 0=None 1=BuySideIsPrioritized 2=SellSideIsPrioritized;
552 1=OneSide 2=BothSides;
559 0=Symbol 1=SecurityTypeAndOrCFICode 2=Product 3=TradingSessionID 4=AllSecurities
  5=MarketIDOrMarketIDPlusMarketSegmentID@6;
560 0=ValidRequest 1=InvalidOrUnsupportedRequest 2=NoInstrumentsFound 3=NotAuthorizedToRetrieveInstrumentData
  4=InstrumentDataTemporarilyUnavailable 5=RequestForInstrumentDataNotSupported;
563 0=ReportByMulitlegSecurityOnly 1=ReportByMultilegSecurityAndInstrumentLegs 2=ReportByInstrumentLegsOnly;
567 1=UnknownOrInvalidTradingSessionID 99=Other@4 +;
569 0=AllTrades 1=MatchedTradesMatchingCriteria 2=UnmatchedTradesThatMatchCriteria 3=UnreportedTradesThatMatchCriteria
  4=AdvisoriesThatMatchCriteria;
573 0=ComparedMatchedOrAffirmed 1=UncomparedUnmatchedOrUnaffirmed 2=AdvisoryOrAlert 3=Mismatched@7;
574 A1=ExactMatchPlusFourBadgesAndExecutionTime A2=ExactMatchPlusFourBadges A3=ExactMatchPlusTwoBadgesAndExecutionTime
  A4=ExactMatchPlusTwoBadges A5=ExactMatchPlusExecutionTime AQ=ComparedRecordsFromStampedAdvisories
  S1=SummarizedMatchA1 S2=SummarizedMatchA2 S3=SummarizedMatchA3 S4=SummarizedMatchA4 S5=SummarizedMatchA5
  M1=ExactMatchMinusBadgesAndTimes M2=SummarizedMatchMinusBadgesAndTimes MT=OcsLockedIn M3=ActAcceptedTrade
  M4=ActDefaultTrade M5=ActDefaultAfterM2 M6=ActM6Match 1=OnePartyTradeReport@5 2=TwoPartyTradeReport@5
  3=ConfirmedTradeReport@5 4=AutoMatch@5 5=CrossAuction@5 6=CounterOrderSelection@5 7=CallAuction@5 8=Issuing@5 +;
575 Y=Yes N=No;
577 0=ProcessNormally 1=ExcludeFromAllNetting 2=BilateralNettingOnly 3=ExClearing 4=SpecialTrade 5=MultilateralNetting
  6=ClearAgainstCentralCounterparty 7=ExcludeFromCentralCounterparty 8=ManualMode 9=AutomaticPostingMode
  10=AutomaticGiveUpMode 11=QualifiedServiceRepresentative 12=CustomerTrade 13=SelfClearing 14=BuyIn@7;
581,798 1=AccountIsCarriedOnCustomerSideOfBooks 2=AccountIsCarriedOnNonCustomerSideOfBooks 3=HouseTrader 4=FloorTrader
  6=AccountIsCarriedOnNonCustomerSideAndIsCrossMargined 7=AccountIsHouseTraderAndIsCrossMargined
  8=JointBackOfficeAccount 9=EquitiesSpecialist@7 10=OptionsMarketMaker@7 11=OptionsFirmAccount@7
  12=AccountCustomerNonCustomerOrders@7 13=AccountOrdersMultipleCustomers@7;
582,1432 1=MemberTradingForTheirOwnAccount 2=ClearingFirmTradingForItsProprietaryAccount
  3=MemberTradingForAnotherMember 4=AllOther 5=RetailCustomer@7;
585 1=StatusForOrdersForASecurity 2=StatusForOrdersForAnUnderlyingSecurity 3=StatusForOrdersForAProduct
  4=StatusForOrdersForACFICode 5=StatusForOrdersForASecurityType 6=StatusForOrdersForATradingSession
  7=StatusForAllOrders 8=StatusForOrdersForAPartyID 9=StatusForSecurityIssuer@7
  10=StatusForIssuerOfUnderlyingSecurity@7;
589 0=Auto 1=SpeakWithOrderInitiatorBeforeBooking 2=Accumulate;
590 0=EachPartialExecutionIsABookableUnit 1=AggregatePartialExecutionsOnThisOrder 2=AggregateExecutionsForThisSymbol;
591 0=ProRata 1=DoNotProRata;
625 1=PreTrading@5 2=OpeningOrOpeningAuction@5 3=Trading@5 4=ClosingOrClosingAuction@5 5=PostTrading@5
  6=IntradayAuction@5 7=Quiescent@5 +;
626 1=Calculated 2=Preliminary 3=SellsideCalculatedUsingPreliminary@3 4=SellsideCalculatedWithoutPreliminary@3
  5=ReadyToBook 6=BuysideReadyToBook@3 7=WarehouseInstruction@4 8=RequestToIntermediary@4 9=Accept@5 10=Reject@5
  11=AcceptPending@5 12=IncompleteGroup@5 13=CompleteGroup@5 14=ReversalPending@5 15=ReopenGroup@7 16=CancelGroup@7
  17=Giveup@7 18=TakeUp@7 19=RefuseTakeUp@7 20=InitiateReversal@7 21=Reverse@7 22=RefuseReversal@7
  23=SubAllocationGiveup@7 24=ApproveGiveup@7 25=ApproveTakeUp@7 26=NotionalValueAveragePxGroupAlloc@7;
635 B=CboeMember C=NonMemberAndCustomer E=EquityMemberAndClearingMember F=FullAndAssociateMember H=Rule106HAnd106J
  I=GimIdemAndComMembership L=LesseeAnd106FEmployees M=AllOtherOwnershipTypes 1=FirstYearDelegate 2=SecondYearDelegate
  3=ThirdYearDelegate 4=FourthYearDelegate 5=FifthYearDelegate 9=SixthYearDelegate +;
638 0=PriorityUnchanged 1=LostPriorityAsResultOfOrderChange;
658 1=UnknownSymbol 2=Exchange 3=QuoteRequestExceedsLimit 4=TooLateToEnter 5=InvalidPrice
  6=NotAuthorizedToRequestQuote 7=NoMatchForInquiry@4 8=NoMarketForInstrument@4 9=NoInventory@4 10=Pass@4
  11=InsufficientCredit@6 12=ExceededClipSizeLimit@7 13=ExceededMaxNotionalOrderAmt@7 14=ExceededDV01PV01Limit@7
  15=ExceededCS01Limit@7 99=Other@4 +;
660,661 1=Bic 2=SidCode 3=Tfm 4=Omgeo 5=DtccCode 6=SpsaID@7 99=Other +;
668 1=BookEntry 2=Bearer;
690 1=ParForPar 2=ModifiedDuration 4=Risk 5=Proceeds;
692 1=Percent 2=PerShare 3=FixedAmount 4=Discount 5=Premium 6=Spread 7=TedPrice 8=TedYield 9=YieldSpread 10=Yield
  12=PriceSpread@7 13=ProductTicksInHalves@7 14=ProductTicksInFourths@7 15=ProductTicksInEighths@7
  16=ProductTicksInSixteenths@7 17=ProductTicksInThirtySeconds@7 18=ProductTicksInSixtyFourths@7
  19=ProductTicksInOneTwentyEighths@7 20=NormalRateRepresentation@7 21=InverseRateRepresentation@7 22=BasisPoints@7
  23=UpFrontPoints@7 24=InterestRate@7 25=PercentageOfNotional@7;
694 1=Hit 2=Counter 3=Expired 4=Cover 5=DoneAway 6=Pass 7=EndTrade@6 8=TimedOut@6 9=Tied@7 10=TiedCover@7 11=Accept@7
  12=TerminateContract@7;
703 TQ=TransactionQuantity IAS=IntraSpreadQty IES=InterSpreadQty FIN=EndOfDayQty SOD=StartOfDayQty
  EX=OptionExerciseQty AS=OptionAssignment TX=TransactionFromExercise TA=TransactionFromAssignment PIT=PitTradeQty
  TRF=TransferTradeQty ETR=ElectronicTradeQty ALC=AllocationTradeQty PA=AdjustmentQty ASF=AsOfTradeQty DLV=DeliveryQty
  TOT=TotalTransactionQty XM=CrossMarginQty SPL=IntegralSplit RCV=ReceiveQuantity@5 CAA=CorporateActionAdjustment@5
  DN=DeliveryNoticeQty@5 EP=ExchangeForPhysicalQty@5 PNTN=PrivatelyNegotiatedTradeQty@6 DLT=NetDeltaQty@6
  CEA=CreditEventAdjustment@6 SEA=SuccessionEventAdjustment@6 +;
706 0=Submitted 1=Accepted 2=Rejected;
707 FMTM=FinalMarkToMarketAmount IMTM=IncrementalMarkToMarketAmount TVAR=TradeVariationAmount
  SMTM=StartOfDayMarkToMarketAmount PREM=PremiumAmount CRES=CashResidualAmount CASH=CashAmount
  VADJ=ValueAdjustedAmount SETL=SettlementValue@6 ICPN=InitialTradeCouponAmount@6 ACPN=AccruedCouponAmount@6
  CPN=CouponAmount@6 IACPN=IncrementalAccruedCoupon@6 CMTM=CollateralizedMarkToMarket@6
  ICMTM=IncrementalCollateralizedMarkToMarket@6 DLV=CompensationAmount@6 BANK=TotalBankedAmount@6
  COLAT=TotalCollateralizedAmount@6 +;
709 1=Exercise 2=DoNotExercise 3=PositionAdjustment 4=PositionChangeSubmission 5=Pledge 6=LargeTraderSubmission@5 +;
712 1=New 2=Replace 3=Cancel 4=Reverse@5;
716 ITD=Intraday RTH=RegularTradingHours ETH=ElectronicTradingHours EOD=EndOfDay@6 +;
718 0=ProcessRequestAsMarginDisposition 1=DeltaPlus 2=DeltaMinus 3=Final 4=CustomerSpecificPosition@7;
722 0=Accepted 1=AcceptedWithWarnings 2=Rejected 3=Completed 4=CompletedWithWarnings;
723 0=SuccessfulCompletion 1=Rejected 99=Other +;
724 0=Positions 1=Trades 2=Exercises 3=Assignments 4=SettlementActivity@5 5=BackoutMessage@5 6=DeltaPositions@6 +;
725 0=Inband 1=OutOfBand;
728 0=ValidRequest 1=InvalidOrUnsupportedRequest 2=NoPositionsFoundThatMatchCriteria 3=NotAuthorizedToRequestPositions
  4=RequestForPositionNotSupported 99=Other +;
729 0=Completed 1=CompletedWithWarnings 2=Rejected;
731,733 1=Final 2=Theoretical;
744 P=ProRata R=Random;
747 A=Automatic M=Manual;
749 0=Successful 1=InvalidOrUnknownInstrument 2=InvalidTypeOfTradeRequested 3=InvalidParties
  4=InvalidTransportTypeRequested 5=InvalidDestinationRequested 8=TradeRequestTypeNotSupported 9=NotAuthorized
  99=Other +;
750 0=Accepted 1=Completed 2=Rejected;
751 0=Successful 1=InvalidPartyInformation 2=UnknownInstrument 3=UnauthorizedToReportTrades 4=InvalidTradeType
  99=Other +;
752 1=SingleSecurity 2=IndividualLegOfAMultilegSecurity 3=MultilegSecurity;
770,1013 1=ExecutionTime 2=TimeIn 3=TimeOut 4=BrokerReceipt 5=BrokerExecution 6=DeskReceipt@5 7=SubmissionToClearing@7
  +;
775 0=RegularBooking 1=CFD 2=TotalReturnSwap;
788 1=Overnight 2=Term 3=Flexible 4=Open;
803,805,807,786,954,1054,1064,1122,1298,1411 1=Firm 2=Person 3=System 4=Application 5=FullLegalNameOfFirm
  6=PostalAddress 7=PhoneNumber 8=EmailAddress 9=ContactName 10=SecuritiesAccountNumber 11=RegistrationNumber
  12=RegisteredAddressForConfirmation 13=RegulatoryStatus 14=RegistrationName 15=CashAccountNumber 16=Bic
  17=CsdParticipantMemberCode 18=RegisteredAddress 19=FundAccountName 20=TelexNumber 21=FaxNumber
  22=SecuritiesAccountName 23=CashAccountName 24=Department 25=LocationDesk 26=PositionAccountType
  27=SecurityLocateID@5 28=MarketMaker@5 29=EligibleCounterparty@5 30=ProfessionalClient@5 31=Location@5
  32=ExecutionVenue@5 33=CurrencyDeliveryIdentifier@6 +;
814,815 0=NoActionTaken 1=QueueFlushed 2=OverlayLast 3=EndSession;
819 0=NoAveragePricing 1=TradeIsPartOfAnAveragePriceGroup 2=LastTradeOfTheAveragePriceGroup
  3=TradeIsPartOfANotionalValueAveragePriceGroup@7 4=TradeIsAveragePriced@7;
826 0=AllocationNotRequired 1=AllocationRequired 2=UseAllocationProvidedWithTheTrade 3=AllocationGiveUpExecutor@5
  4=AllocationFromExecutor@5 5=AllocationToClaimAccount@5 6=TradeSplit@7;
827 0=ExpireOnTradingSessionClose 1=ExpireOnTradingSessionOpen 2=SpecifiedExpiration@6;
828 0=RegularTrade 1=BlockTrade 2=Efp 3=Transfer 4=LateTrade 5=TTrade 6=WeightedAveragePriceTrade 7=BunchedTrade
  8=LateBunchedTrade 9=PriorReferencePriceTrade 10=AfterHoursTrade +;
835,841 0=Floating 1=Fixed;
836 0=Price 1=BasisPoints 2=Ticks 3=PriceTier 4=Percentage@7;
837,843 0=OrBetter 1=Strict 2=OrWorse;
838,844 1=MoreAggressive 2=MorePassive;
840 1=Local 2=National 3=Global 4=NationalExcludingLocal;
842 0=Price 1=BasisPoints 2=Ticks 3=PriceTier;
846 1=Local 2=National 3=Global 4=NationalExcludingLocal;
847 1=Vwap 2=Participate 3=MininizeMarketImpact +;
851 1=AddedLiquidity 2=RemovedLiquidity 3=LiquidityRoutedOut 4=Auction@6 5=TriggeredStopOrder@7
  6=TriggeredContingencyOrder@7 7=TriggeredMarketOrder@7 +;
853 0=DealerSoldShort 1=DealerSoldShortExempt 2=SellingCustomerSoldShort 3=SellingCustomerSoldShortExempt
  4=QualifiedServiceRepresentativeAgu 5=QsrOrAguContraSideSoldShortExempt +;
854 0=Units 1=Contracts 2=UnitsOfMeasurePerTimeUnit@5 3=NumberOfLots@7;
856 0=Submit 1=Alleged 2=Accept 3=Decline 4=Addendum 5=NoWas 6=TradeReportCancel 7=LockedInTradeBreak 8=Defaulted@5
  9=InvalidCMTA@5 10=Pended@5 11=AllegedNew@5 12=AllegedAddendum@5 13=AllegedNoWas@5 14=AllegedTradeReportCancel@5
  15=AllegedTradeBreak@5 16=Verify@7 17=Dispute@7 18=NonMaterialUpdate@7;
865,1287 1=Put 2=Call 3=Tender 4=SinkingFundCall 5=Activation@5 6=Inactiviation@5 7=LastEligibleTradeDate@6
  8=SwapStartDate@7 9=SwapEndDate@7 10=SwapRollDate@7 11=SwapNextStartDate@7 12=SwapNextRollDate@7
  13=FirstDeliveryDate@7 14=LastDeliveryDate@7 15=InitialInventoryDueDate@7 16=FinalInventoryDueDate@7
  17=FirstIntentDate@7 18=LastIntentDate@7 19=PositionRemovalDate@7 99=Other +;
871 1=Flat 2=ZeroCoupon 3=InterestBearing 4=NoPeriodicPayments 5=VariableRate 6=LessFeeForPut 7=SteppedCoupon
  8=CouponPeriod 9=When 10=OriginalIssueDiscount 11=CallablePuttable 12=EscrowedToMaturity 13=EscrowedToRedemptionDate
  14=PreRefunded 15=InDefault 16=Unrated 17=Taxable 18=Indexed 19=SubjectToAlternativeMinimumTax
  20=OriginalIssueDiscountPrice 21=CallableBelowMaturityValue 22=CallableWithoutNotice 23=PriceTickRulesForSecurity@6
  24=TradeTypeEligibilityDetailsForSecurity@6 25=InstrumentDenominator@6 26=InstrumentNumerator@6
  27=InstrumentPricePrecision@6 28=InstrumentStrikePrice@6 29=TradeableIndicator@6 99=Text +;
875 1=Program3a3 2=Program42 99=Other +;
891 0=Absolute 1=PerUnit 2=Percentage;
895 0=Initial 1=Scheduled 2=TimeWarning 3=MarginDeficiency 4=MarginExcess 5=ForwardCollateralDemand 6=EventOfDefault
  7=AdverseTaxEvent 8=TransferDeposit@7 9=TransferWithdrawal@7 10=Pledge@7;
919 0=VersusPayment 1=Free 2=TriParty 3=HoldInCustody 4=DeliverByValue@7;
924 1=LogOnUser 2=LogOffUser 3=ChangePasswordForUser 4=RequestIndividualUserStatus 5=RequestThrottleLimit@7;
926 1=LoggedIn 2=NotLoggedIn 3=UserNotRecognised 4=PasswordIncorrect 5=PasswordChanged 6=Other
  7=ForcedUserLogoutByExchange@5 8=SessionShutdownWarning@6 9=ThrottleParametersChanged@7 +;
928 1=Connected 2=NotConnectedDownExpectedUp 3=NotConnectedDownExpectedDown 4=InProcess;
935 1=Snapshot 2=Subscribe 4=StopSubscribing 8=LevelOfDetail;
937 1=Full 2=IncrementalUpdate;
939 0=Accepted 1=Rejected 2=Cancelled@7 3=AcceptedWithErrors@5 4=PendingNew@7 5=PendingCancel@7 6=PendingReplace@7
  7=Terminated@7 8=PendingVerification@7 9=DeemedVerified@7 10=Verified@7 11=Disputed@7;
959 1=Int 2=Length 3=NumInGroup 4=SeqNum 5=TagNum 6=Float 7=Qty 8=Price 9=PriceOffset 10=Amt 11=Percentage 12=Char
  13=Boolean 14=String 15=MultipleCharValue 16=Currency 17=Exchange 18=MonthYear 19=UtcTimestamp 20=UtcTimeOnly
  21=LocalMktDate 22=UtcDateOnly 23=Data 24=MultipleStringValue 25=Country 26=Language 27=TzTimeOnly 28=TzTimestamp
  29=Tenor +;
965,1256 1=Active 2=Inactive 3=ActiveClosingOrdersOnly@7 4=Expired@7 5=Delisted@7 6=KnockedOut@7 7=KnockOutRevoked@7
  8=PendingExpiry@7 9=Suspended@7 10=Published@7 11=PendingDeletion@7;
974 FIXED=Fixed DIFF=Difference;
975 2=TPlus1 4=TPlus3 5=TPlus4;
980,1324,1395,1327 A=Add D=Delete M=Modify S=Snapshot@7;
982 1=AutoExercise 2=NonAutoExercise 3=FinalWillBeExercised 4=ContraryIntention 5=Difference 6=ExpirationQuantity@7;
996,998,999,1191,1269,1315,1421,1424 Bbl=Barrels Bcf=BillionCubicFeet Bu=Bushels lbs=Pounds Gal=Gallons
  MMbbl=MillionBarrels MMBtu=OneMillionBtu MWh=MegawattHours oz_tr=TroyOunces t=MetricTons tn=Tons USD=UsDollars +;
997,1000,1001,1271 H=Hour Min=Minute S=Second D=Day Wk=Week Mo=Month Yr=Year Q=Quarter@7;
1002 1=Automatic 2=Guarantor 3=Manual 4=BrokerAssigned@7;
1015 0=False 1=True;
1021 1=TopOfBook 2=PriceDepth 3=OrderDepth +;
1024 0=Book 1=OffBook 2=Cross 3=QuoteDrivenMarket@7 4=DarkOrderBook@7 5=AuctionDrivenMarket@7 6=QuoteNegotiation@7
  7=VoiceNegotiation@7 8=HybridMarket@7 +;
1031,1035 ADD=AddOnOrder AON=AllOrNone CNH=CashNotHeld DIR=DirectedOrder FOK=FillOrKill IO=ImbalanceOnly
  IOC=ImmediateOrCancel LOO=LimitOnOpen LOC=LimitOnClose MAO=MarketAtOpen MAC=MarketAtClose MOO=MarketOnOpen
  MOC=MarketOnClose MQT=MinimumQuantity NH=NotHeld OVD=OverTheDay PEG=Pegged RSV=ReserveSizeOrder SCL=Scale
  TMO=TimeOrder TS=TrailingStop WRK=Work +;
1032 1=FinraOats 2=FiaExecutionSourceCode@7 +;
1033 A=Agency AR=Arbitrage D=Derivatives IN=International IS=Institutional O=Other PF=PreferredTrading PR=Proprietary
  PT=ProgramTrading S=Sales T=Trading +;
1034 1=FinraOats +;
1036 0=ReceivedNotYetProcessed 1=Accepted 2=DontKnow;
1046 D=Divide M=Multiply;
1048 A=Agent P=Principal R=RisklessPrincipal;
1049,1255 P=ProRata R=Random;
1070 0=Indicative 1=Tradeable 2=RestrictedTradeable 3=Counter 4=IndicativeAndTradeable;
1081 0=SecondaryOrderID 1=OrderID 2=MDEntryID 3=QuoteEntryID 4=OriginalOrderID@6 5=QuoteID@7 6=QuoteReqID@7
  7=PreviousOrderIdentifier@7 8=PreviousQuoteIdentifier@7 9=ParentOrderIdentifier@7 A=ManualOrderIdentifier@7;
1083 1=Immediate 2=Exhaust;
1084 1=Initial 2=New 3=Random 4=Undisclosed@6;
1092 0=None 1=Local 2=National 3=Global;
1093 1=OddLot 2=RoundLot 3=BlockLot 4=RoundLotBasedUpon;
1094 1=LastPeg 2=MidPricePeg 3=OpeningPeg 4=MarketPeg 5=PrimaryPeg 6=FixedPegToLocalBestBidOrOffer 7=PegToVwap
  8=TrailingStopPeg 9=PegToLimitPrice 10=ShortSaleMinPricePeg@7;
1100 1=PartialExecution 2=SpecifiedTradingSession 3=NextAuction 4=PriceMovement 5=OnOrderEntryOrModification@7;
1101 1=Activate 2=Modify 3=Cancel;
1107 1=BestOffer 2=LastTrade 3=BestBid 4=BestBidOrLastTrade 5=BestOfferOrLastTrade 6=BestMid;
1108 0=None 1=Local 2=National 3=Global;
1109 U=TriggerIfThePriceGoesUp D=TriggerIfThePriceGoesDown;
1111 1=Market 2=Limit;
1115 1=Order 2=Quote 3=PrivatelyNegotiatedTrade 4=MultilegOrder 5=LinkedOrder 6=QuoteRequest 7=ImpliedOrder
  8=CrossOrder 9=StreamingPrice A=InternalCrossOrder@7;
1123,1124 0=TradeConfirmation 1=TwoPartyReport 2=OnePartyReportForMatching 3=OnePartyReportForPassThrough
  4=AutomatedFloorOrderRouting 5=TwoPartyReportForClaim 6=OnePartyReport@7 7=ThirdPtyRptForPassThrough@7
  8=OnePartyReportAutoMatch@7;
1128,1130,1137 0=FIX27 1=FIX30 2=FIX40 3=FIX41 4=FIX42 5=FIX43 6=FIX44 7=FIX50 8=FIX50SP1 9=FIX50SP2 10=FIXLatest;
1133 B=Bic C=GeneralIdentifier D=Proprietary E=IsoCountryCode G=Mic;
1144 0=NotImplied 1=ImpliedIn 2=ImpliedOut 3=BothImpliedInAndImpliedOut;
1164 1=InstructionsOfBroker 2=InstructionsForInstitution 3=Investor 4=BuyersSettlementInstructions@7
  5=SellersSettlementInstructions@7;
1167 0=Accepted 5=Rejected 6=RemovedFromMarket 7=Expired 12=LockedMarketWarning 13=CrossMarketWarning
  14=CanceledDueToLockMarket 15=CanceledDueToCrossMarket 16=Active;
1171 Y=Private N=Public;
1172 1=AllMarketParticipants 2=SpecifiedMarketParticipants 3=AllMarketMakers 4=PrimaryMarketMakers;
1174 1=OrderImbalance 2=TradingResumes 3=PriceVolatilityInterruption 4=ChangeOfTradingSession
  5=ChangeOfTradingSubsession 6=ChangeOfSecurityTradingStatus 7=ChangeOfBookType 8=ChangeOfMarketDepth
  9=CorporateAction@7 +;
1176 1=ExchangeLast 2=High 3=AveragePrice 4=Turnover +;
1178 1=Customer 2=CustomerProfessional@7 3=DoNotTradeThrough@7 +;
1193,1317 C=CashSettlementRequired P=PhysicalSettlementRequired E=Election@7;
1194,1299,1419,1420 0=European 1=American 2=Bermuda 99=Other@7;
1196,1318 STD=Standard INX=Index INT=InterestRateIndex PCTPAR=PercentOfPar@7 +;
1197,1319 EQTY=PremiumStyle FUT=FuturesStyleMarkToMarket FUTDA=FuturesStyleWithAttachedCashAdjustment
  CDS=CdsStyleCollateralization@7 CDSD=CdsInDelivery@7 +;
1198,1320 0=PreListedOnly 1=UserRequested;
1209 0=RegularTrading 1=VariableCabinet 2=FixedCabinet 3=TradedAsASpreadLeg 4=SettledAsASpreadLeg 5=TradedAsSpread@7;
1302 0=Months 1=Days 2=Weeks 3=Years;
1303 0=YearMonthOnly 1=YearMonthDay 2=YearMonthWeek;
1306 0=Price 1=Ticks 2=Percentage;
1347 0=Retransmission 1=Subscription 2=RequestLastSeqNum 3=RequestApplications 4=Unsubscribe 5=CancelRetransmission@7
  6=CancelRetransmissionAndUnsubscribe@7;
1348 0=RequestSuccessfullyProcessed 1=ApplicationDoesNotExist 2=MessagesNotAvailable;
1354 0=ApplicationDoesNotExist 1=MessagesRequestedAreNotAvailable 2=UserNotAuthorizedForApplication;
1368 0=TradingResumes 1=ChangeOfTradingSession 2=ChangeOfTradingSubsession 3=ChangeOfTradingStatus;
1373 1=SuspendOrders 2=ReleaseOrdersFromSuspension 3=CancelOrders;
1375 0=Rejected 1=Accepted 2=Completed@7;
1377 0=PredefinedMultilegSecurity 1=UserDefinedMultilegSecurity 2=UserDefinedNonSecurititized;
1378 0=NetPrice 1=ReversedNetPrice 2=YieldDifference 3=Individual 4=ContractWeightedAveragePrice 5=MultipliedPrice;
1385 1=OneCancelsTheOther 2=OneTriggersTheOther 3=OneUpdatesTheOtherAbsolute 4=OneUpdatesTheOtherProportional
  5=BidAndOffer@7 6=BidAndOfferOco@7 +;
1386 0=BrokerOption 2=ExchangeClosed 4=TooLateToEnter 5=UnknownOrder 6=DuplicateOrder
  11=UnsupportedOrderCharacteristic 99=Other +;
1390 0=DoNotPublishTrade 1=PublishTrade 2=DeferredPublication 3=Published@7;
1409 0=SessionActive 1=SessionPasswordChanged 2=SessionPasswordDueToExpire 3=NewSessionPasswordDoesNotComplyWithPolicy
  4=SessionLogoutComplete 5=InvalidUsernameOrPassword 6=AccountLocked 7=LogonsAreNotAllowedAtThisTime
  8=PasswordExpired 9=ReceivedMsgSeqNumTooLow 10=ReceivedNextExpectedMsgSeqNumTooHigh +;
1426 0=ApplSeqNumReset 1=LastMessageSent 2=ApplicationAlive 3=ResendComplete;
1429 0=Seconds 1=TenthsOfASecond 2=HundredthsOfASecond 3=Milliseconds 4=Microseconds 5=Nanoseconds 10=Minutes 11=Hours
  12=Days 13=Weeks 14=Months 15=Years;
1430 E=Electronic P=Pit X=ExPit +;
1434 0=UtilityProvidedStandardModel 1=ProprietaryModel;
1435,1436,1437,1438 0=Shares 1=Hours 2=Days;
1439,1440,1441,1442 0=NercEasternOffPeak 1=NercWesternOffPeak 2=NercCalendarAllDaysInMonth 3=NercEasternPeak
  4=NercWesternPeak 5=AllTimes 6=OnPeak 7=OffPeak 8=Base 9=Block 99=Other +;
1446 0=Bloomberg 1=Reuters 2=Telerate 3=IsdaRateOption 99=Other +;
1447 0=Primary 1=Secondary;
1449,1453 FR=FullRestructuring MR=ModifiedRestructuring MM=ModifiedModRestructuring XR=NoRestructuringSpecified;
1450,1454 SD=SeniorSecured SR=Senior SB=Subordinated JR=Junior MZ=Mezzanine SN=SeniorNonPreferred;
1470 1=IndustryClassification 2=TradingList 3=Market 4=NewspaperList +;
1471 1=Icb 2=Naics 3=Gics +;
1473 0=CompanyNews 1=MarketplaceNews 2=FinancialMarketNews 3=TechnicalNews 99=OtherNews +;
1477 0=Replacement 1=OtherLanguage 2=Complimentary 3=Withdrawal@7;
1478 1=FixedStrike 2=StrikeSetAtExpiration 3=StrikeSetToAverageAcrossLife 4=StrikeSetToOptimalValue;
1479 1=LessThan 2=LessThanOrEqual 3=Equal 4=GreaterThanOrEqual 5=GreaterThan;
1481 1=Regular 2=SpecialReference 3=OptimalValue 4=AverageValue;
1482 1=Vanilla 2=Capped 3=Binary 4=Asian 5=Barrier 6=DigitalBarrier 7=Lookback 8=OtherPathDependent 99=Other +;
1484 1=Capped 2=Trigger 3=KnockInUp 4=KnockInDown 5=KnockOutUp 6=KnockOutDown 7=Underlying 8=ResetBarrier
  9=RollingBarrier +;
1487 1=LessThan 2=LessThanOrEqual 3=Equal 4=GreaterThanOrEqual 5=GreaterThan;
1489 1=Expiration 2=Immediate 3=SpecifiedDate 4=Close@7 5=Open@7 6=OfficialSettlementPrice@7 7=DerivativesClose@7
  8=AsSpecifiedInMasterConfirmation@7;
1490 1=And 2=Or
"""
