/**
 * The house before its doors open: its database, and the organization in it. The server and the command line both come
 * in through here, so either may be the first ever to run.
 */
import { type PreparedOrganization, prepareOrganization } from '../prepare-organization.js';
import { type HouseDatabase, type HouseDatabaseOptions, openHouseDatabase } from './house-database.js';

export interface House extends HouseDatabase, PreparedOrganization {}

/** @throws as `openHouseDatabase` does; what was started is stopped again. */
export async function openHouse(options: HouseDatabaseOptions): Promise<House> {
  const database = await openHouseDatabase(options);
  try {
    return { ...database, ...(await prepareOrganization(database.db, options.config)) };
  } catch (error) {
    await database.close();
    throw error;
  }
}
