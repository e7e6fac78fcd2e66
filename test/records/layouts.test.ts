/** Layouts against the reference's page of LiveAgentSession (salesforce-data-api.md §6). */
import { describe, expect, it } from 'vitest';
import { OBJECTS } from '../../src/objects/registry.js';
import { describeCompactLayouts } from '../../src/records/describe-compact-layouts.js';
import { describeLayouts, type LayoutSectionDescribe } from '../../src/records/describe-layout.js';
import { isId } from '../../src/store/ids.js';
import { accessTo, callerOf, objectNamed } from './people.js';

const session = objectNamed('LiveAgentSession');
const admin = callerOf('005FW0000000001AAA', { apiVersion: 68 });
const base = '/services/data/v68.0';
const layoutOf = (caller = admin, object = session) => {
  const [layout] = describeLayouts(caller, object, base).layouts;
  if (layout === undefined) throw new Error('no layout');
  return layout;
};

/** Field names of a section as they stand on the page: rows of columns; '' is an empty place. */
const page = (section: LayoutSectionDescribe | undefined) =>
  section?.layoutRows.map(({ layoutItems }) =>
    layoutItems.map(({ layoutComponents }) => layoutComponents[0]?.value ?? ''),
  );

describe('the layout of LiveAgentSession', () => {
  it('has the sections and places of the page', () => {
    const sections = layoutOf().detailLayoutSections;
    expect(sections.map(({ heading, useHeading }) => [heading, useHeading])).toEqual([
      [null, false],
      ['Session Time Metrics', true],
      ['Session Activity Metrics', true],
    ]);
    expect(sections.map(page)).toEqual([
      [
        ['Name', 'AgentId'],
        ['LoginTime', 'LogoutTime'],
      ],
      [
        ['TimeInOnlineStatus', 'TimeIdle'],
        ['TimeInChats', 'TimeInAwayStatus'],
        ['TimeAtCapacity', ''],
      ],
      [
        ['ChatReqAssigned', 'ChatReqDeclined'],
        ['ChatReqEngaged', 'ChatReqTimedOut'],
        ['NumFlagRaised', 'NumFlagLoweredAgent'],
        ['', 'NumFlagLoweredSupervisor'],
      ],
    ]);
    expect(layoutOf().editLayoutSections[0]).toMatchObject({ useHeading: true, rows: 2, columns: 2 });
  });

  it('says of each field how it behaves and carries its whole describe', () => {
    const items = layoutOf().editLayoutSections.flatMap(({ layoutRows }) =>
      layoutRows.flatMap(({ layoutItems }) => layoutItems),
    );
    const item = (name: string) => items.find(({ layoutComponents }) => layoutComponents[0]?.value === name);
    expect(item('Name')).toMatchObject({ editableForNew: false, required: false, uiBehavior: 'Readonly' });
    expect(item('LoginTime')).toMatchObject({
      editableForNew: true,
      editableForUpdate: true,
      required: true,
      uiBehavior: 'Required',
    });
    expect(item('TimeIdle')).toMatchObject({
      editableForNew: true,
      required: false,
      uiBehavior: 'Edit',
      label: 'Time Idle',
    });
    expect(item('TimeIdle')?.layoutComponents[0]).toMatchObject({
      type: 'Field',
      displayLines: 1,
      details: { name: 'TimeIdle', type: 'int', digits: 9 },
    });
  });

  it('has every key REST writes, and its record type', () => {
    const { layouts, recordTypeMappings, recordTypeSelectorRequired } = describeLayouts(admin, session, base);
    expect(Object.keys(layouts[0] ?? {})).toEqual([
      'buttonLayoutSection',
      'detailLayoutSections',
      'editLayoutSections',
      'feedView',
      'highlightsPanelLayoutSection',
      'id',
      'multirowEditLayoutSections',
      'offlineLinks',
      'quickActionList',
      'relatedContent',
      'relatedLists',
      'saveOptions',
    ]);
    expect(layouts[0]).toMatchObject({
      feedView: null,
      relatedLists: [],
      quickActionList: { quickActionListItems: [] },
    });
    expect(recordTypeSelectorRequired).toEqual([false]);
    expect(recordTypeMappings).toMatchObject([
      { name: 'Master', layoutId: layouts[0]?.id, recordTypeId: '012000000000000AAA' },
    ]);
    expect(isId(layouts[0]?.id ?? '')).toBe(true);
    expect(layouts[0]?.id).toMatch(/^00h/);
  });

  it('leaves out what the caller may not see and locks what the caller may not edit', () => {
    const caller = {
      ...admin,
      access: accessTo('LiveAgentSession.TimeInOnlineStatus.read', 'LiveAgentSession.TimeIdle.edit'),
    };
    const section = layoutOf(caller).editLayoutSections[1];
    expect(page(section)).toEqual([
      ['TimeInChats', 'TimeIdle'],
      ['TimeAtCapacity', 'TimeInAwayStatus'],
    ]);
    expect(section?.layoutRows[0]?.layoutItems[1]).toMatchObject({
      editableForUpdate: false,
      uiBehavior: 'Readonly',
    });
  });

  it('lacks in old versions what they had not', () => {
    const old = layoutOf({ ...admin, apiVersion: 34 });
    expect(old).not.toHaveProperty('multirowEditLayoutSections');
    expect(JSON.stringify(old)).not.toContain('uiBehavior');
  });
});

it('every object with layouts has one with at least a row', () => {
  for (const object of OBJECTS.filter(({ flags }) => flags.includes('layoutable'))) {
    const layout = layoutOf(admin, object);
    expect(layout.detailLayoutSections.length, object.name).toBeGreaterThan(0);
    expect(isId(layout.id)).toBe(true);
  }
});

it('the compact layout is the system’s, without an id, and shows the name', () => {
  const result = describeCompactLayouts(admin, session, base);
  expect(Object.keys(result)).toEqual([
    'compactLayouts',
    'defaultCompactLayoutId',
    'recordTypeCompactLayoutMappings',
    'urls',
  ]);
  expect(result).toMatchObject({
    compactLayouts: [
      {
        id: null,
        name: 'SYSTEM',
        label: 'System Default',
        objectType: 'LiveAgentSession',
        fieldItems: [{ label: 'Chat Session Name', layoutComponents: [{ value: 'Name' }] }],
      },
    ],
    defaultCompactLayoutId: null,
    recordTypeCompactLayoutMappings: [
      { compactLayoutId: null, compactLayoutName: 'SYSTEM', recordTypeName: 'Master' },
    ],
    urls: { primary: `${base}/sobjects/LiveAgentSession/describe/compactLayouts/primary` },
  });
});
