/** describeTabs(): one app with a tab for every object that has pages. The reference says little about it. */
import { OBJECTS } from '../../../objects/registry.js';
import { isVisibleTo } from '../../../records/describe-flags.js';
import { writeNamed } from '../schema/write.js';
import { callerOf } from '../session-header.js';
import type { SoapCall } from '../soap-call.js';

export const describeTabs: SoapCall = async (context) => {
  const caller = await callerOf(context);
  const origin = context.deps.publicUrl();
  const objects = OBJECTS.filter(
    (object) =>
      object.flags.includes('layoutable') && object.keyPrefix !== null && isVisibleTo(caller, object),
  );
  const value = {
    description: 'Floorwalker',
    label: 'Floorwalker',
    logoUrl: `${origin}/favicon.ico`,
    selected: true,
    tabSetId: 'Floorwalker',
    tabs: objects.map(({ name, labelPlural, keyPrefix }) => ({
      colors: [],
      custom: false,
      iconUrl: `${origin}/favicon.ico`,
      icons: [],
      label: labelPlural,
      miniIconUrl: `${origin}/favicon.ico`,
      name: `standard-${name}`,
      sobjectName: name,
      url: `${origin}/${keyPrefix}/o`,
    })),
  };
  const result = writeNamed('result', 'DescribeTabSetResult', value, context.apiVersion);
  return `<describeTabsResponse>${result}</describeTabsResponse>`;
};
