/* The interface from C: loads the archive that is named, runs it on ones, checks the result. */
#include <stdio.h>

#include "tsx/tsx.h"

static int failed(tsx_error* error) {
  if (error == NULL) return 0;
  fprintf(stderr, "%s\n", tsx_error_text(error));
  tsx_error_free(error);
  return 1;
}

int main(int argc, char** argv) {
  const int64_t sizes[] = {2, 3};
  float ones[] = {1, 1, 1, 1, 1, 1};
  tsx_module* module = NULL;
  tsx_tensor *input = NULL, *output = NULL;
  tsx_value *value = NULL, *result = NULL;
  if (argc != 2 || failed(tsx_load(argv[1], NULL, &module))) return 1;
  if (failed(tsx_tensor_borrow(TSX_FLOAT32, sizes, NULL, 2, ones, NULL, NULL, &input))) return 1;
  if (failed(tsx_value_tensor(input, &value))) return 1;

  const tsx_value* positional[] = {value, value};
  const tsx_arguments arguments = {positional, 2, NULL, NULL, 0};
  if (failed(tsx_module_call(module, NULL, &arguments, NULL, &result))) return 1;
  if (failed(tsx_value_to_tensor(result, &output))) return 1;
  const float last = ((const float*)tsx_tensor_data(output))[5]; /* x * y + x */
  const int is_right = tsx_tensor_count(output) == 6 && last == 2.0f;

  tsx_module* none = NULL;
  tsx_error* error = tsx_load("/nonexistent.tsx", NULL, &none);
  const int is_refused = error != NULL && none == NULL && tsx_error_exit_status(error) != 0;
  tsx_error_free(error);

  tsx_tensor_free(output);
  tsx_value_free(result);
  tsx_value_free(value);
  tsx_tensor_free(input);
  tsx_module_free(module);
  return is_right && is_refused ? 0 : 1;
}
