/* The rules of the house on the planted tree, which the house's own run leaves out. */
const { forbidden, options } = require('../.dependency-cruiser.cjs');

module.exports = {
  forbidden,
  options: { ...options, exclude: { path: '(^|/)dist/' }, tsConfig: { fileName: 'tsconfig.json' } },
};
