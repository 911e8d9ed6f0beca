// Ends every test run with the one line that CI reads: `N passed, N failed`. What was skipped is named before it,
// grouped by its reason, and what passed only when tried again, so that neither can be taken for a whole run.

export class CountReporter {
  onTestRunEnd(modules, errors, reason) {
    let passed = 0;
    let failed = errors.length + (reason === 'interrupted' ? 1 : 0);
    const skipped = new Map();
    const unsteady = [];
    for (const module of modules) {
      failed += module.errors().length;
      // A suite whose beforeAll failed has tests that never ran, and an error of its own.
      for (const suite of module.children.allSuites()) failed += suite.errors().length;
      for (const test of module.children.allTests()) {
        const { state, note } = test.result();
        if (test.diagnostic()?.flaky) unsteady.push(`${module.relativeModuleId}: ${test.fullName}`);
        if (state === 'passed') passed += 1;
        else if (state === 'failed') failed += 1;
        else skipped.set(note ?? 'no reason given', [...(skipped.get(note ?? 'no reason given') ?? []), `${module.relativeModuleId}: ${test.fullName}`]);
      }
    }
    if (unsteady.length > 0)
      console.log(`UNSTEADY ${unsteady.length} (passed when tried again; mend these):\n${unsteady.map((name) => `  ${name}`).join('\n')}`);
    for (const [why, names] of skipped) console.log(`SKIPPED ${names.length} (${why}):\n${names.map((name) => `  ${name}`).join('\n')}`);
    console.log(`${passed} passed, ${failed} failed`);
  }
}
