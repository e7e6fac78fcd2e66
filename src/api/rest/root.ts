/** Where the REST data API lives; every path of it begins so. */
export const ROOT = '/services/data';
