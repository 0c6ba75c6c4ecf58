/** Larger than any packet, those that the kernel puts together from several included: what libpcap takes as "all". */
export const wholePacket = 262_144;
