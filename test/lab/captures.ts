/** Whether what tests of the lab read of its machines is written to `fixtures/`: `CAPTURE_FIXTURES=1`. */
export const CAPTURES = process.env['CAPTURE_FIXTURES'] === '1';
