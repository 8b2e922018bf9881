const assert = require('assert');
const test = require('node:test');

test('doubles', () => assert.strictEqual(2 * 21, 42));
