import type { Codec, Infer, InferInput } from '../../../codec/codec.js';
import { attributes } from '../../../codec/attributes.js';
import { field, readOnly } from '../../../codec/field.js';
import { packed } from '../../../codec/containers.js';
import { enumeration, flags, maskedSwitches } from '../../../codec/names.js';
import { u16, u32 } from '../../../codec/scalars.js';
import { struct, member } from '../../../codec/struct.js';
import { fixedString } from '../../../codec/text.js';

const timing = struct({
  bitRate: member(u32, 'bitrate', 'Rate; the kernel computes the rest from it.', { unit: 'bit/s' }),
  samplePoint: member(u32, 'sample_point', 'Place of the sample in the bit.', { unit: '1/1000' }),
  timeQuantum: member(u32, 'tq', 'Time quantum.', { unit: 'ns' }),
  propagationSegment: member(u32, 'prop_seg', 'Propagation segment.', { unit: 'time quanta' }),
  phaseSegment1: member(u32, 'phase_seg1', 'Phase segment 1.', { unit: 'time quanta' }),
  phaseSegment2: member(u32, 'phase_seg2', 'Phase segment 2.', { unit: 'time quanta' }),
  jumpWidth: member(u32, 'sjw', 'Synchronisation jump width.', { unit: 'time quanta' }),
  prescaler: member(u32, 'brp', 'Prescaler.'),
});

const timingLimits = struct({
  name: member(fixedString(16), 'name', 'Name of the controller.'),
  segment1Minimum: member(u32, 'tseg1_min', 'Least time segment 1.', { unit: 'time quanta' }),
  segment1Maximum: member(u32, 'tseg1_max', 'Greatest time segment 1.', { unit: 'time quanta' }),
  segment2Minimum: member(u32, 'tseg2_min', 'Least time segment 2.', { unit: 'time quanta' }),
  segment2Maximum: member(u32, 'tseg2_max', 'Greatest time segment 2.', { unit: 'time quanta' }),
  jumpWidthMaximum: member(u32, 'sjw_max', 'Greatest jump width.', { unit: 'time quanta' }),
  prescalerMinimum: member(u32, 'brp_min', 'Least prescaler.'),
  prescalerMaximum: member(u32, 'brp_max', 'Greatest prescaler.'),
  prescalerStep: member(u32, 'brp_inc', 'Step of the prescaler.'),
});

const modes = {
  loopback: 0x1,
  listenOnly: 0x2,
  tripleSampling: 0x4,
  oneShot: 0x8,
  busErrorReporting: 0x10,
  fd: 0x20,
  presumeAck: 0x40,
  fdNonIso: 0x80,
  classicLength8: 0x100,
  delayCompensationAuto: 0x200,
  delayCompensationManual: 0x400,
} as const;

const canSchema = attributes({
  bitTiming: field(1, timing, 'IFLA_CAN_BITTIMING', 'Bit timing.'),
  bitTimingLimits: readOnly(2, timingLimits, 'IFLA_CAN_BITTIMING_CONST', 'What the controller can do.'),
  clock: readOnly(
    3,
    struct({ frequency: member(u32, 'freq', 'Frequency.', { unit: 'Hz' }) }),
    'IFLA_CAN_CLOCK',
    'Clock of the controller.',
  ),
  state: readOnly(
    4,
    enumeration(u32, { 'error-active': 0, 'error-warning': 1, 'error-passive': 2, 'bus-off': 3, stopped: 4, sleeping: 5 }),
    'IFLA_CAN_STATE',
    'State of the controller.',
  ),
  mode: field(5, maskedSwitches(modes, 'mask first'), 'IFLA_CAN_CTRLMODE', 'Switches of the controller. Only those that are given change.'),
  restartDelay: field(6, u32, 'IFLA_CAN_RESTART_MS', 'Wait before a restart after bus-off; 0 does not restart.', { unit: 'ms' }),
  restart: field(7, u32, 'IFLA_CAN_RESTART', 'Any number restarts the controller now.'),
  errorCounter: readOnly(
    8,
    struct({ tx: member(u16, 'txerr', 'Errors on sending.'), rx: member(u16, 'rxerr', 'Errors on receiving.') }),
    'IFLA_CAN_BERR_COUNTER',
    'Bus errors.',
  ),
  dataBitTiming: field(9, timing, 'IFLA_CAN_DATA_BITTIMING', 'Bit timing of the data of CAN FD.'),
  dataBitTimingLimits: readOnly(10, timingLimits, 'IFLA_CAN_DATA_BITTIMING_CONST', 'What the controller can do for the data of CAN FD.'),
  termination: field(11, u16, 'IFLA_CAN_TERMINATION', 'Terminating resistor; 0 for none.', { unit: 'ohm', since: '4.11' }),
  terminations: readOnly(12, packed(u16), 'IFLA_CAN_TERMINATION_CONST', 'Resistors that there are.', { unit: 'ohm', since: '4.11' }),
  bitRates: readOnly(13, packed(u32), 'IFLA_CAN_BITRATE_CONST', 'Rates that there are.', { unit: 'bit/s', since: '4.11' }),
  dataBitRates: readOnly(14, packed(u32), 'IFLA_CAN_DATA_BITRATE_CONST', 'Rates that there are for data.', {
    unit: 'bit/s',
    since: '4.11',
  }),
  bitRateMaximum: readOnly(15, u32, 'IFLA_CAN_BITRATE_MAX', 'Highest rate.', { unit: 'bit/s', since: '4.16' }),
  delayCompensation: field(
    16,
    attributes({
      valueMinimum: readOnly(1, u32, 'IFLA_CAN_TDC_TDCV_MIN', 'Least value.', { unit: 'clock periods' }),
      valueMaximum: readOnly(2, u32, 'IFLA_CAN_TDC_TDCV_MAX', 'Greatest value.', { unit: 'clock periods' }),
      offsetMinimum: readOnly(3, u32, 'IFLA_CAN_TDC_TDCO_MIN', 'Least offset.', { unit: 'clock periods' }),
      offsetMaximum: readOnly(4, u32, 'IFLA_CAN_TDC_TDCO_MAX', 'Greatest offset.', { unit: 'clock periods' }),
      filterMinimum: readOnly(5, u32, 'IFLA_CAN_TDC_TDCF_MIN', 'Least filter window.', { unit: 'clock periods' }),
      filterMaximum: readOnly(6, u32, 'IFLA_CAN_TDC_TDCF_MAX', 'Greatest filter window.', { unit: 'clock periods' }),
      value: field(7, u32, 'IFLA_CAN_TDC_TDCV', 'Value.', { unit: 'clock periods' }),
      offset: field(8, u32, 'IFLA_CAN_TDC_TDCO', 'Offset.', { unit: 'clock periods' }),
      filter: field(9, u32, 'IFLA_CAN_TDC_TDCF', 'Filter window.', { unit: 'clock periods' }),
    }),
    'IFLA_CAN_TDC',
    'Compensation of the delay of the transmitter.',
    { since: '5.16' },
  ),
  modesSupported: readOnly(
    17,
    attributes({ supported: field(1, flags(u32, modes), 'IFLA_CAN_CTRLMODE_SUPPORTED', 'Switches that there are.') }),
    'IFLA_CAN_CTRLMODE_EXT',
    'What the controller can do.',
    { since: '5.17' },
  ),
});

/** A CAN controller (IFLA_CAN_, can/netlink.h). */
export interface CanData extends Infer<typeof canSchema> {}
/** What CanData is made from. */
export interface CanDataInput extends InferInput<typeof canSchema> {}
export const can: Codec<CanData, CanDataInput> = canSchema;

const canStatisticsSchema = struct({
  busErrors: member(u32, 'bus_error', 'Bus errors.'),
  errorWarnings: member(u32, 'error_warning', 'Changes to the state error-warning.'),
  errorPassives: member(u32, 'error_passive', 'Changes to the state error-passive.'),
  busOffs: member(u32, 'bus_off', 'Changes to the state bus-off.'),
  arbitrationsLost: member(u32, 'arbitration_lost', 'Arbitrations lost.'),
  restarts: member(u32, 'restarts', 'Restarts of the controller.'),
});

/** Counters of a CAN controller (struct can_device_stats, can/netlink.h). */
export interface CanStatistics extends Infer<typeof canStatisticsSchema> {}
/** What CanStatistics is made from. */
export interface CanStatisticsInput extends InferInput<typeof canStatisticsSchema> {}
export const canStatistics: Codec<CanStatistics, CanStatisticsInput> = canStatisticsSchema;
